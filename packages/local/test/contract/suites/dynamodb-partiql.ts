import {
  BatchExecuteStatementCommand,
  type BatchStatementRequest,
  type BatchStatementResponse,
} from '@aws-sdk/client-dynamodb';
import type { Case } from '../contract.ts';
import { refusal, type World } from '../world.ts';
import { tableIn } from './dynamodb-table.ts';

const API = 'https://docs.aws.amazon.com/amazondynamodb/latest/APIReference';
const GUIDE = 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide';

/** Creates a table, and returns the PartiQL statements that open and release dedup windows in this table. */
async function windowsIn(world: World) {
  const { dynamoDb, TableName, put, item } = await tableIn(world);
  const execute = async (...Statements: BatchStatementRequest[]): Promise<BatchStatementResponse[]> =>
    (await dynamoDb.send(new BatchExecuteStatementCommand({ Statements }))).Responses ?? [];
  const insert = (pk: string, owner: string): BatchStatementRequest => ({
    Statement: `INSERT INTO "${TableName}" VALUE {'pk': ?, 'owner': ?, 'ends_at': ?}`,
    Parameters: [{ S: pk }, { S: owner }, { N: '10' }],
  });
  const update = (pk: string, now: number, over?: string): BatchStatementRequest => ({
    Statement:
      `UPDATE "${TableName}" SET "owner" = ? SET "ends_at" = ? WHERE "pk" = ? AND ` +
      (over === undefined ? '"ends_at" <= ?' : '("ends_at" <= ? OR "owner" = ?)'),
    Parameters: [
      { S: 'second' },
      { N: '20' },
      { S: pk },
      { N: String(now) },
      ...(over === undefined ? [] : [{ S: over }]),
    ],
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  const remove = (pk: string, owner: string): BatchStatementRequest => ({
    Statement: `DELETE FROM "${TableName}" WHERE "pk" = ? AND "owner" = ?`,
    Parameters: [{ S: pk }, { S: owner }],
  });
  return { dynamoDb, execute, insert, update, remove, put, item };
}

/** Returns each response's error code, or `done` for a success. */
function codesOf(responses: readonly BatchStatementResponse[]): string[] {
  return responses.map(({ Error: error }) => error?.Code ?? 'done');
}

/** Cases for BatchExecuteStatement, with which Errand opens and releases many jobs' dedup windows in one request. */
export const partiql: readonly Case[] = [
  {
    name: 'an INSERT in a batch creates its item, and is refused as a duplicate if one exists; each statement has its own response',
    page: `${GUIDE}/ql-reference.insert.html`,
    aws: {
      codes: ['done', 'DuplicateItem', 'done'],
      item: { pk: { S: 'a' }, owner: { S: 'first' } },
      again: ['DuplicateItem', 'DuplicateItem', 'DuplicateItem'],
    },
    async observe(world) {
      const { execute, insert, put, item } = await windowsIn(world);
      await put({ owner: { S: 'first' } });
      const batch = [insert('b', 'second'), insert('a', 'second'), insert('c', 'second')];
      const codes = codesOf(await execute(...batch));
      return { codes, item: await item(), again: codesOf(await execute(...batch)) };
    },
  },
  {
    name: 'an UPDATE in a batch sets the attributes, and returns the item if its condition is not met',
    page: `${API}/API_BatchStatementError.html`,
    aws: {
      refused: [['ConditionalCheckFailed', { pk: { S: 'a' }, owner: { S: 'first' }, ends_at: { N: '10' } }]],
      met: ['done'],
      item: { pk: { S: 'a' }, owner: { S: 'second' }, ends_at: { N: '20' } },
    },
    async observe(world) {
      const { execute, insert, update, item } = await windowsIn(world);
      await execute(insert('a', 'first'));
      const refused = (await execute(update('a', 9))).map(({ Error: error }) => [error?.Code, error?.Item]);
      const met = codesOf(await execute(update('a', 10)));
      return { refused, met, item: await item() };
    },
  },
  {
    name: 'an UPDATE in a batch joins conditions with OR',
    page: `${GUIDE}/ql-operators.html`,
    aws: { other: ['ConditionalCheckFailed'], met: ['done'] },
    async observe(world) {
      const { execute, insert, update } = await windowsIn(world);
      await execute(insert('a', 'first'));
      return {
        other: codesOf(await execute(update('a', 9, 'other'))),
        met: codesOf(await execute(update('a', 9, 'first'))),
      };
    },
  },
  {
    name: 'an UPDATE in a batch creates no item; without one, its condition is not met, and no item is returned',
    page: `${GUIDE}/ql-reference.update.html`,
    aws: { code: 'ConditionalCheckFailed', returned: 'none', item: 'none' },
    async observe(world) {
      const { execute, update, item } = await windowsIn(world);
      const [response] = await execute(update('a', 10));
      return {
        code: response?.Error?.Code,
        returned: response?.Error?.Item ?? 'none',
        item: (await item()) ?? 'none',
      };
    },
  },
  {
    name: 'a DELETE in a batch is refused if its condition is not met, and succeeds without an item',
    page: `${GUIDE}/ql-reference.delete.html`,
    aws: { codes: ['ConditionalCheckFailed', 'done', 'done'], item: { S: 'first' } },
    async observe(world) {
      const { execute, insert, remove, item } = await windowsIn(world);
      await execute(insert('a', 'first'), insert('b', 'first'));
      const codes = codesOf(
        await execute(remove('a', 'second'), remove('b', 'first'), remove('missing', 'first')),
      );
      return { codes, item: (await item())?.owner };
    },
  },
  {
    name: 'a batch has at most 25 statements',
    page: `${API}/API_BatchExecuteStatement.html`,
    aws: { most: 25, more: { error: 'ValidationException', status: 400 } },
    async observe(world) {
      const { execute, insert } = await windowsIn(world);
      const inserts = Array.from({ length: 26 }, (_, number) => insert(`item-${number}`, 'first'));
      const more = await refusal(execute(...inserts));
      return { most: (await execute(...inserts.slice(0, 25))).length, more };
    },
  },
  {
    name: 'a statement in a batch without a key or a table fails, and the others are executed',
    page: `${API}/API_BatchStatementError.html`,
    aws: { codes: ['ValidationError', 'ResourceNotFound', 'done'] },
    async observe(world) {
      const { execute, insert, update } = await windowsIn(world);
      const { Parameters: parameters, Statement: statement } = insert('b', 'first');
      const keyless = update('a', 10).Statement?.replace('"pk" = ? AND ', '');
      return {
        codes: codesOf(
          await execute(
            { Statement: keyless, Parameters: [{ S: 'second' }, { N: '20' }, { N: '10' }] },
            { Statement: statement?.replace(/"table[^"]*"/, '"no-such-table"'), Parameters: parameters },
            insert('c', 'first'),
          ),
        ),
      };
    },
  },
];
