import { setImmediate } from 'node:timers/promises';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JsonError, type JsonObject } from '../aws-endpoint/json-protocol.ts';
import {
  checkTypes,
  checkValidations,
  create,
  operations,
  type Callback,
  type CheckedInput,
  type Item,
  type Level,
  type OperationName,
  type Refusal,
  type Store,
  type Table,
} from './dynalite.ts';
import { checkRules } from './rules.ts';
import { validationError } from './validation-error.ts';

/** DynamoDB tables on disk. */
export interface Tables {
  /** Runs one API operation. @throws JsonError if DynamoDB refuses the call */
  execute(operation: OperationName, input: JsonObject): Promise<object>;
  /** Whether no tables exist. */
  isEmpty(): Promise<boolean>;
  /** The underlying LevelDB store, for data that dynalite does not keep, such as TTL settings. */
  readonly level: Level;
  end(): Promise<void>;
}

// CreateTable members that have no effect on a laptop. Other members that dynalite does not support are refused instead of being silently
// dropped.
const WITHOUT_EFFECT = new Set([
  'DeletionProtectionEnabled',
  'OnDemandThroughput',
  'SSESpecification',
  'TableClass',
  'Tags',
]);
const ON_CONDITION_FAILURE = 'ReturnValuesOnConditionCheckFailure';

/**
 * Opens the tables in `directory`; a new directory has no tables.
 * @throws if another process uses the directory, or it is not a LevelDB directory
 */
export async function openTables(directory: string, region: string): Promise<Tables> {
  await mkdir(directory, { recursive: true });
  const store = create({ path: directory, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  store.tableDb.awsRegion = region;
  await open(store.db, directory);
  await refuseDropped(directory).catch(async (error: unknown) => {
    await store.db.close();
    throw error;
  });
  readAtOnce(store.db);

  async function execute(name: OperationName, input: JsonObject): Promise<object> {
    const output = await run(store, name, input);
    if (name === 'CreateTable' || name === 'DeleteTable') await settled(store, input);
    return output;
  }
  await finishInterrupted(store, execute);
  return {
    execute,
    async isEmpty() {
      const { TableNames } = (await execute('ListTables', { Limit: 1 })) as { TableNames: string[] };
      return TableNames.length === 0;
    },
    level: store.db,
    end: () => store.db.close(),
  };
}

async function open(level: Level, directory: string): Promise<void> {
  await refuseDamaged(directory);
  try {
    await level.open();
  } catch (error) {
    const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
    const reason =
      cause?.code === 'LEVEL_LOCKED'
        ? 'another process uses it; stop that one first'
        : `${cause?.message ?? String(error)}; delete the folder to start afresh`;
    throw new Error(`The DynamoDB data in ${directory} cannot be opened: ${reason}.`, { cause: error });
  }
}

/** The file that permanently records data loss. LevelDB itself reports dropped data only once. */
const DAMAGE_FILE = 'damage.txt';

/**
 * Checks whether LevelDB has lost data. If a database's log is damaged, LevelDB still opens the database, skips unreadable data, and reports the loss
 * only in its own log file.
 * @throws a one-line Error if LevelDB has ever lost data, unless the user has decided to continue without that data
 */
async function refuseDamaged(directory: string): Promise<void> {
  const file = join(directory, DAMAGE_FILE);
  const damage = await readFile(file, 'utf8').catch(() => undefined);
  if (damage === undefined) return;
  throw new Error(
    `The DynamoDB data in ${directory} is damaged (${damage}): put the folder back from a backup, delete the data folder that it ` +
      `is in to start afresh, or delete ${file} to continue with the remaining data.`,
  );
}

/** @throws a one-line Error if LevelDB has just dropped unreadable data */
async function refuseDropped(directory: string): Promise<void> {
  const said = await readFile(join(directory, 'LOG'), 'utf8').catch(() => '');
  const [, damage] = /: (dropping \d+ bytes; Corruption: .*)$/m.exec(said) ?? [];
  if (damage === undefined) return;
  await writeFile(join(directory, DAMAGE_FILE), damage);
  await refuseDamaged(directory);
}

/**
 * Lets dynalite's actions read without the thread pool, because using the pool takes ten times as long as the read itself. Each action
 * reads its table's description, and most actions also read one item. The description and the item are in memory.
 */
function readAtOnce(level: Level): void {
  level.get = (key: string, callback?: Callback<unknown>) => {
    const reading = new Promise((resolve) => {
      resolve(level.getSync(key));
    });
    if (callback)
      reading.then((value) => {
        process.nextTick(callback, undefined, value);
      }, callback);
    return reading;
  };
}

function run(store: Store, name: OperationName, given: JsonObject): Promise<object> {
  return new Promise((resolve, reject) => {
    const operation = operations[name];
    const returnsItem = given[ON_CONDITION_FAILURE] === 'ALL_OLD';
    let found: Item | undefined;
    const target = returnsItem ? observed(store, (item) => (found = item)) : store;
    try {
      const input = withoutNulls(given);
      refuseUnknown(name, input);
      const checked = checkTypes({ ...input }, operation.types);
      checkValidations(checked, operation.types, operation.custom, store);
      // dynalite's checks drop ConsistentRead from a Scan, because dynalite does not support it for scans. Errand's rules still check it.
      const complete = { ...checked, ConsistentRead: input.ConsistentRead } as CheckedInput;
      checkRules(name, complete, (table) => store.db.getSync(`table~${table}`) as Table | undefined);
      operation.run(target, checked, (error, output = {}) => {
        if (error) reject(asError(error, found));
        else resolve(withoutEmptyAttributes(output));
      });
    } catch (error) {
      reject(asError(error, undefined));
    }
  });
}

/**
 * Wraps a store so that it reports the item read by an action under the item's lock. The action's condition is evaluated on this item.
 */
function observed(store: Store, tell: (item: Item | undefined) => void): Store {
  return {
    ...store,
    getItemDb(table) {
      const items = store.getItemDb(table);
      return {
        ...items,
        get(key, callback) {
          items.get(key, (error, item) => {
            tell(item);
            callback(error, item);
          });
        },
      };
    },
  };
}

/**
 * Returns the input without null members, because null members count as absent, and dynalite does not expect null anywhere.
 *
 * @throws JsonError SerializationException for null inside a member
 */
function withoutNulls(input: JsonObject): JsonObject {
  const refuseNull = (value: unknown, path: string): void => {
    if (value === null)
      throw new JsonError('com.amazon.coral.service#SerializationException', `${path} must not be null.`);
    if (typeof value !== 'object') return;
    for (const [name, each] of Object.entries(value)) refuseNull(each, `${path}.${name}`);
  };
  const members = Object.entries(input).filter(([, value]) => value !== null);
  for (const [name, value] of members) refuseNull(value, name);
  return Object.fromEntries(members);
}

function refuseUnknown(name: OperationName, input: JsonObject): void {
  const known = operations[name].types;
  const isWrite = name === 'PutItem' || name === 'UpdateItem' || name === 'DeleteItem';
  for (const member of Object.keys(input)) {
    if (member in known || (isWrite && member === ON_CONDITION_FAILURE)) continue;
    if (name === 'CreateTable' && WITHOUT_EFFECT.has(member)) continue;
    // Scans ignore ConsistentRead: dynalite doesn't support it for scans, and every read is consistent anyway, because there is only one copy of the
    // data.
    if (name === 'Scan' && member === 'ConsistentRead') continue;
    throw validationError(`The embedded DynamoDB does not support ${member}, a member of ${name}.`);
  }
}

/** Removes an empty `Attributes` member, because AWS omits the member if no attributes were updated. */
function withoutEmptyAttributes(output: object): object {
  const { Attributes: attributes } = output as { Attributes?: Item };
  const isEmpty = attributes !== undefined && Object.keys(attributes).length === 0;
  return isEmpty ? { ...output, Attributes: undefined } : output;
}

function asError(error: unknown, found: Item | undefined): Error {
  if (!isRefusal(error)) return error instanceof Error ? error : new Error(String(error));
  const { __type, message, Message, ...members } = error.body;
  const conditionFailed = __type.endsWith('#ConditionalCheckFailedException');
  return new JsonError(__type, message ?? Message ?? '', {
    status: error.statusCode,
    members: conditionFailed && found ? { ...members, Item: found } : members,
  });
}

function isRefusal(error: unknown): error is Refusal {
  return typeof error === 'object' && error !== null && 'statusCode' in error && 'body' in error;
}

// Waits until a table has been created or deleted, which takes a few turns of the event loop. Without this wait, callers would use the
// SDK's waiter, which polls every 20 seconds.
async function settled(store: Store, { TableName }: JsonObject): Promise<void> {
  for (;;) {
    const table = (await store.db.get(`table~${String(TableName)}`)) as Table | undefined;
    if (!table || table.TableStatus === 'ACTIVE') return;
    await setImmediate();
  }
}

// Finishes the CreateTable or DeleteTable calls of a process that was killed. Otherwise, their tables would stay unfinished.
async function finishInterrupted(store: Store, execute: Tables['execute']): Promise<void> {
  for await (const [key, value] of store.db.iterator({ gte: 'table~', lt: 'table~\xff' })) {
    const table = value as Table;
    if (table.TableStatus === 'ACTIVE') continue;
    await store.db.put(key, { ...table, TableStatus: 'ACTIVE' });
    if (table.TableStatus === 'DELETING') await execute('DeleteTable', { TableName: table.TableName });
  }
}
