import { InvalidArgumentError, type Command } from 'commander';
import type { KeyRecord } from '../../lambdas/access/api-key.ts';
import type { KeyTable, NewKey } from '../../lambdas/access/key-table.ts';
import { isScope, SCOPES, type Scope, isTenant, TENANT_EXPECTED } from '../../lambdas/access/identity.ts';
import type { CommonOptions, Terminal } from './session.ts';
import { readDuration } from './arguments.ts';
import { keyText, keysText, newKeyText } from './show.ts';

interface TableOptions extends CommonOptions {
  table?: string;
}

interface CreateOptions {
  name: string;
  tenant: string;
  scopes: Scope[];
  expiresIn?: number;
}

interface RotateOptions {
  overlap: number;
  expiresIn?: number;
}

/**
 * Adds `key create`, `key list`, `key rotate` and `key revoke`. These commands access the key table with the caller's AWS credentials,
 * because the API can't create the first key: every API call requires a key.
 */
export function addKeyCommands(program: Command, terminal: Terminal): void {
  const key = program
    .command('key')
    .description("manage a deployment's API keys, with your AWS credentials")
    .option('--table <name>', "the stack's KeyTableName output (default: ERRAND_KEY_TABLE)");

  key
    .command('create')
    .description('create an API key, which is shown only once')
    .option('--name <name>', 'a name, shown by `key list`', '')
    .option('--tenant <tenant>', 'the tenant that the key gives access to', toTenant, 'default')
    .option('--scopes <scopes>', `comma-separated: ${SCOPES.join(', ')}`, toScopes, ['read', 'submit'])
    .option('--expires-in <time>', 'when the key expires, such as 90d (default: never)', readDuration)
    .action(async (options: CreateOptions, command: Command) => {
      const { name, tenant, scopes, expiresIn } = options;
      const made = await withTable(command, terminal, (table) =>
        table.create({ name, tenant, scopes, expireTime: timeIn(expiresIn) }),
      );
      show(command, terminal, toAnswer(made), newKeyText(made));
    });

  key
    .command('list')
    .description('list all API keys, including expired and revoked ones')
    .action(async (_options: unknown, command: Command) => {
      const items = await withTable(command, terminal, (table) => table.list());
      show(command, terminal, { items }, keysText(items, new Date()));
    });

  key
    .command('rotate <key_id>')
    .description('replace a key; the old one keeps working for the overlap')
    .option(
      '--overlap <time>',
      'how long the old key keeps working, such as 24h',
      readDuration,
      readDuration('24h'),
    )
    .option('--expires-in <time>', 'when the new key expires, such as 90d (default: never)', readDuration)
    .action(async (keyId: string, { overlap, expiresIn }: RotateOptions, command: Command) => {
      const made = await withTable(command, terminal, (table) =>
        table.rotate(keyId, overlap, timeIn(expiresIn)),
      );
      const until = made.old.expire_time?.toISOString() ?? '';
      show(
        command,
        terminal,
        { ...toAnswer(made), old: made.old },
        `${newKeyText(made)}\n\nThe old key ${keyId} keeps working until ${until}.`,
      );
    });

  key
    .command('revoke <key_id>')
    .description('revoke a key')
    .action(async (keyId: string, _options: unknown, command: Command) => {
      const record = await withTable(command, terminal, (table) => table.revoke(keyId));
      show(command, terminal, record, keyText(record, new Date()));
    });
}

/** Runs `work` on the key table. Loads the AWS SDK only when a command runs, because few commands need it. */
async function withTable<Result>(
  command: Command,
  { environment }: Terminal,
  work: (table: KeyTable) => Promise<Result>,
): Promise<Result> {
  const tableName = command.optsWithGlobals<TableOptions>().table ?? environment.ERRAND_KEY_TABLE;
  if (!tableName) {
    throw new InvalidArgumentError(
      "name the key table, the stack's KeyTableName output: set --table or ERRAND_KEY_TABLE",
    );
  }
  const [{ DynamoDBClient }, { createKeyTable }] = await Promise.all([
    import('@aws-sdk/client-dynamodb'),
    import('../../lambdas/access/key-table.ts'),
  ]);
  const client = new DynamoDBClient({});
  try {
    return await work(createKeyTable(client, tableName, () => new Date()));
  } finally {
    client.destroy();
  }
}

function show(command: Command, { output }: Terminal, answer: unknown, text: string): void {
  output(command.optsWithGlobals<CommonOptions>().json ? JSON.stringify(answer, null, 2) : text);
}

function toAnswer({ key, record }: NewKey): KeyRecord & { key: string } {
  return { key, ...record };
}

function timeIn(milliseconds: number | undefined): Date | null {
  return milliseconds === undefined ? null : new Date(Date.now() + milliseconds);
}

function toTenant(text: string): string {
  if (!isTenant(text)) throw new InvalidArgumentError(`It must be ${TENANT_EXPECTED}.`);
  return text;
}

function toScopes(text: string): Scope[] {
  const names = text.split(',').map((name) => name.trim());
  const scopes = names.filter(isScope);
  if (scopes.length < names.length) {
    throw new InvalidArgumentError(`It must be a comma-separated list of ${SCOPES.join(', ')}.`);
  }
  return [...new Set(scopes)];
}
