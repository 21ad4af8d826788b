import { createRequire } from 'node:module';

/**
 * Typed access to dynalite's internals: its validations, its actions and its LevelDB store. Dynalite's HTTP handler is not used, because it
 * throws an uncaught error when a caller disconnects, for example because a Lambda function was killed.
 */

export type Callback<Value> = (error: unknown, value?: Value) => void;

/** An attribute's type and value, such as `{S: …}` or `{N: …}`. */
export type AttributeValue = Readonly<Record<string, unknown>>;

/** An item in the API's format. */
export type Item = Readonly<Record<string, AttributeValue>>;

export type KeySchema = readonly { readonly AttributeName: string; readonly KeyType: 'HASH' | 'RANGE' }[];

export interface Index {
  readonly IndexName: string;
  readonly KeySchema: KeySchema;
}

export interface Table {
  TableName: string;
  TableStatus: 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING';
  KeySchema: KeySchema;
  GlobalSecondaryIndexes?: readonly Index[];
  LocalSecondaryIndexes?: readonly Index[];
}

/** An operand of SET: a value, an attribute path, or a calculation with operands. */
export type Operand = AttributeValue | readonly (string | number)[] | { readonly args: readonly Operand[] };

/** One action in an update expression. */
export interface UpdateSection {
  readonly type: 'set' | 'remove' | 'add' | 'delete';
  readonly path: readonly (string | number)[];
  readonly val?: Operand;
}

type BatchRequest =
  | readonly { readonly PutRequest?: { Item: Item }; readonly DeleteRequest?: { Key: Item } }[]
  | { readonly Keys: readonly Item[] };

/** An operation's input after dynalite's validations, limited to the members that Errand's rules read. */
export interface CheckedInput {
  readonly TableName?: string;
  readonly Item?: Item;
  readonly Key?: Item;
  readonly RequestItems?: Readonly<Record<string, BatchRequest>>;
  readonly AttributeUpdates?: Readonly<Record<string, { readonly Value?: AttributeValue }>>;
  readonly ReturnValues?: string;
  readonly Select?: string;
  readonly IndexName?: string;
  readonly ConsistentRead?: boolean;
  readonly AttributeDefinitions?: readonly { readonly AttributeName: string }[];
  readonly KeySchema?: KeySchema;
  readonly GlobalSecondaryIndexes?: readonly Index[];
  readonly LocalSecondaryIndexes?: readonly Index[];
  /** The parsed update expression. */
  readonly _updates?: { sections: readonly UpdateSection[] };
}

/** The items of one table. Every action locks the key that it reads or writes. */
export interface ItemDb {
  get(key: string, callback: Callback<Item>): void;
}

/** The LevelDB store for all tables. Its values are JSON. */
export interface Level {
  open(): Promise<void>;
  close(): Promise<void>;
  get(key: string, callback?: Callback<unknown>): Promise<unknown>;
  /** @returns undefined if the key does not exist */
  getSync(key: string): unknown;
  put(key: string, value: unknown): Promise<void>;
  del(key: string): Promise<void>;
  iterator(range: { gte: string; lt: string }): AsyncIterable<[key: string, value: unknown]>;
}

export interface Store {
  readonly db: Level;
  readonly tableDb: { awsRegion: string; awsAccountId: string };
  getItemDb(table: string): ItemDb;
}

/** The error that an action or a validation returns to the caller. */
export interface Refusal {
  readonly statusCode: number;
  readonly body: { readonly __type: string; readonly message?: string; readonly Message?: string };
}

/** One of dynalite's API operations, consisting of an input validation and an action. */
export interface Operation {
  /** The input's members and their types. */
  readonly types: Readonly<Record<string, unknown>>;
  readonly custom?: unknown;
  readonly run: (store: Store, input: object, callback: Callback<object>) => void;
}

const require = createRequire(import.meta.url);

export const { create } = require('dynalite/db') as {
  readonly create: (options: {
    path: string;
    createTableMs: number;
    deleteTableMs: number;
    updateTableMs: number;
  }) => Store;
};

export const { checkTypes, checkValidations } = require('dynalite/validations') as {
  /** Drops members that are not in `types`, and also removes them from `input` itself. Throws a Refusal if a member has the wrong type. */
  readonly checkTypes: (input: object, types: object) => object;
  readonly checkValidations: (input: object, types: object, custom: unknown, store: Store) => void;
};

const OPERATIONS = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
] as const;

export type OperationName = (typeof OPERATIONS)[number];

/** The supported dynalite operations. UpdateTable, for example, is not supported, because a deployment replaces the table. */
export const operations = Object.fromEntries(
  OPERATIONS.map((name) => {
    const file = name.charAt(0).toLowerCase() + name.slice(1);
    const { types, custom } = require(`dynalite/validations/${file}`) as Omit<Operation, 'run'>;
    const run = require(`dynalite/actions/${file}`) as Operation['run'];
    return [name, { types, custom, run }];
  }),
) as Readonly<Record<OperationName, Operation>>;
