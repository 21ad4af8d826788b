import type { AttributeValue, CheckedInput, Item, OperationName, Operand, Table } from './dynalite.ts';
import { validationError } from './validation-error.ts';

/** Maximum key lengths in bytes (docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html). */
const MAX_HASH_KEY_BYTES = 2048;
const MAX_RANGE_KEY_BYTES = 1024;

/** A key attribute of a table or index. */
interface KeyAttribute {
  readonly name: string;
  readonly isHash: boolean;
  /** The index name; undefined for the table's own key. */
  readonly index?: string;
}

/**
 * Adds two checks that dynalite lacks. A key's length is limited in UTF-8 bytes, and no index key may be empty.
 * @param tableOf finds a table by name; undefined for an unknown table, which dynalite refuses
 * @throws JsonError ValidationException
 */
export function checkKeys(
  operation: OperationName,
  input: CheckedInput,
  tableOf: (name: string) => Table | undefined,
): void {
  const { TableName: tableName = '', Item: item, Key: key, RequestItems: requests = {} } = input;
  const table = tableOf(tableName);
  if (table) {
    if (item) checkAttributes(item, keyAttributesOf(table));
    if (key) checkAttributes(key, ownKeysOf(table));
    if (operation === 'UpdateItem') checkUpdates(input, indexKeysOf(table));
  }
  for (const [name, request] of Object.entries(requests)) {
    const other = tableOf(name);
    if (!other) continue;
    if ('Keys' in request) {
      for (const each of request.Keys) checkAttributes(each, ownKeysOf(other));
      continue;
    }
    for (const { PutRequest: put, DeleteRequest: removal } of request) {
      if (put) checkAttributes(put.Item, keyAttributesOf(other));
      if (removal) checkAttributes(removal.Key, ownKeysOf(other));
    }
  }
}

function keyAttributesOf(table: Table): KeyAttribute[] {
  return [...ownKeysOf(table), ...indexKeysOf(table)];
}

function ownKeysOf({ KeySchema: keys }: Table): KeyAttribute[] {
  return keys.map(({ AttributeName: name, KeyType: type }) => ({ name, isHash: type === 'HASH' }));
}

function indexKeysOf({ GlobalSecondaryIndexes = [], LocalSecondaryIndexes = [] }: Table): KeyAttribute[] {
  return [...GlobalSecondaryIndexes, ...LocalSecondaryIndexes].flatMap(
    ({ IndexName: index, KeySchema: keys }) =>
      keys.map(({ AttributeName: name, KeyType: type }) => ({ name, isHash: type === 'HASH', index })),
  );
}

function checkAttributes(item: Item, keys: readonly KeyAttribute[]): void {
  for (const key of keys) {
    const value = item[key.name];
    if (value) checkValue(value, key);
  }
}

function checkValue(value: AttributeValue, { name, isHash, index }: KeyAttribute): void {
  const bytes = bytesOf(value);
  if (bytes === undefined) return;
  if (bytes === 0 && index !== undefined) {
    throw validationError(
      'One or more parameter values are not valid. A value specified for a secondary index key is not supported. ' +
        `The AttributeValue for a key attribute cannot contain an empty ${'S' in value ? 'string' : 'binary'} value. ` +
        `IndexName: ${index}, IndexKey: ${name}`,
    );
  }
  if (bytes <= (isHash ? MAX_HASH_KEY_BYTES : MAX_RANGE_KEY_BYTES)) return;
  const limit = isHash
    ? `Size of hashkey has exceeded the maximum size limit of ${MAX_HASH_KEY_BYTES} bytes`
    : `Aggregated size of all range keys has exceeded the size limit of ${MAX_RANGE_KEY_BYTES} bytes`;
  throw validationError(`One or more parameter values were invalid: ${limit}. Key: ${name}`);
}

/** Returns a key value's length in bytes, or undefined for a number, because numbers can't be too long. */
function bytesOf({ S: text, B: base64 }: AttributeValue): number | undefined {
  if (typeof text === 'string') return Buffer.byteLength(text);
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64').length : undefined;
}

function checkUpdates(
  { AttributeUpdates: updates = {}, _updates: expression }: CheckedInput,
  keys: readonly KeyAttribute[],
): void {
  for (const key of keys) {
    const value = updates[key.name]?.Value;
    if (value) checkValue(value, key);
    for (const { type, path, val } of expression?.sections ?? []) {
      if (type === 'set' && path.length === 1 && path[0] === key.name && val) checkOperand(val, key);
    }
  }
}

/** Checks a SET operand. The operand's value must be known before the update, so the operand must not refer to another attribute. */
function checkOperand(operand: Operand, key: KeyAttribute): void {
  if (isPath(operand)) {
    // Setting a key to itself is allowed, because its previous value can't be empty.
    if (operand.length === 1 && operand[0] === key.name) return;
    throw validationError(
      `The embedded DynamoDB does not set ${key.name}, a key of the index ${key.index ?? ''}, from another attribute: specify its value.`,
    );
  }
  if (isCalculation(operand)) for (const each of operand.args) checkOperand(each, key);
  else checkValue(operand, key);
}

function isPath(operand: Operand): operand is readonly (string | number)[] {
  return Array.isArray(operand);
}

function isCalculation(operand: Operand): operand is { readonly args: readonly Operand[] } {
  return 'args' in operand;
}
