import { readApiKey, type ApiKey } from '../access/api-key.ts';
import type { Scope } from '../access/identity.ts';
import type { KeyTable } from '../access/key-table.ts';

/** The custom resource's properties, which lib/function-keys.ts sets. */
export interface FunctionKey {
  readonly secretArn: string;
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
}

/**
 * Reads the key from a function's secret, and writes it to the table.
 *
 * @returns the key's id
 * @throws Error if the secret doesn't contain a key
 */
export async function writeFunctionKey(
  { secretArn, name, tenant, scopes }: FunctionKey,
  secret: string,
  keys: Pick<KeyTable, 'put'>,
): Promise<string> {
  const key = keyIn(secret);
  if (!key) {
    throw new Error(
      `The secret ${secretArn} does not contain an API key. Store a key in it, or {"prefix":"errand_<key id>_","secret":"<64 hexadecimal digits>"}.`,
    );
  }
  await keys.put(key, { name, tenant, scopes });
  return key.keyId;
}

/**
 * Deletes a function's keys: its original key, and the key in its secret, which differs after a rotation.
 *
 * @param secret undefined if the secret can't be read
 */
export async function deleteFunctionKeys(
  firstKeyId: string,
  secret: string | undefined,
  keys: Pick<KeyTable, 'delete'>,
): Promise<void> {
  const key = secret === undefined ? undefined : keyIn(secret);
  for (const keyId of new Set([firstKeyId, ...(key ? [key.keyId] : [])])) await keys.delete(keyId);
}

/**
 * Parses the key in a function's secret. The key is either complete, or in errand-client's two-part format, in which
 * CloudFormation generates the second part.
 */
function keyIn(secret: string): ApiKey | undefined {
  if (!secret.startsWith('{')) return readApiKey(secret);
  try {
    const { prefix, secret: rest } = JSON.parse(secret) as { prefix?: unknown; secret?: unknown };
    return readApiKey(`${String(prefix)}${String(rest)}`);
  } catch {
    return undefined;
  }
}
