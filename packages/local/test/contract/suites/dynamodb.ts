import {
  DeleteItemCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateTimeToLiveCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';
import type { Suite } from '../contract.ts';
import { refusal, uniqueName } from '../world.ts';
import { partiql } from './dynamodb-partiql.ts';
import { rules } from './dynamodb-rules.ts';
import { sets } from './dynamodb-sets.ts';
import { tableIn } from './dynamodb-table.ts';

const API = 'https://docs.aws.amazon.com/amazondynamodb/latest/APIReference';
const GUIDE = 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide';

/** Returns the error of a write whose condition fails, and the item in that error. */
async function conditionFailure(sent: Promise<unknown>): Promise<unknown> {
  const refused = sent.then(
    () => undefined,
    (error: unknown) => (error as { Item?: unknown }).Item,
  );
  return { ...(await refusal(sent)), Item: (await refused) ?? null };
}

export const dynamodb: Suite = {
  protocol: 'dynamodb',
  cases: [
    {
      name: 'a conditional put that fails returns the existing item',
      page: `${API}/API_PutItem.html`,
      aws: {
        error: 'ConditionalCheckFailedException',
        status: 400,
        Item: { pk: { S: 'a' }, owner: { S: 'first' } },
      },
      async observe(world) {
        const { dynamoDb, TableName, Key, put } = await tableIn(world);
        await put({ owner: { S: 'first' } });
        return conditionFailure(
          dynamoDb.send(
            new PutItemCommand({
              TableName,
              Item: { ...Key, owner: { S: 'second' } },
              ConditionExpression: 'attribute_not_exists(pk) OR window_ends_at <= :now',
              ExpressionAttributeValues: { ':now': { N: '5' } },
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            }),
          ),
        );
      },
    },
    {
      name: 'a conditional put that fails without ReturnValuesOnConditionCheckFailure returns no item',
      page: `${API}/API_PutItem.html`,
      aws: { error: 'ConditionalCheckFailedException', status: 400, Item: null },
      async observe(world) {
        const { dynamoDb, TableName, Key, put } = await tableIn(world);
        await put();
        const ConditionExpression = 'attribute_not_exists(pk)';
        return conditionFailure(
          dynamoDb.send(new PutItemCommand({ TableName, Item: Key, ConditionExpression })),
        );
      },
    },
    {
      name: 'a condition on a missing attribute is not met, except attribute_not_exists',
      page: `${GUIDE}/Expressions.OperatorsAndFunctions.html`,
      aws: { compared: { error: 'ConditionalCheckFailedException', status: 400 }, absent: 'written' },
      async observe(world) {
        const { dynamoDb, TableName, Key, put } = await tableIn(world);
        await put();
        const write = (ConditionExpression: string, values?: Record<string, AttributeValue>) =>
          dynamoDb.send(
            new PutItemCommand({
              TableName,
              Item: Key,
              ConditionExpression,
              ExpressionAttributeValues: values,
            }),
          );
        return {
          compared: await refusal(write('ends_at <= :now', { ':now': { N: '5' } })),
          absent: await write('attribute_not_exists(ends_at)').then(() => 'written'),
        };
      },
    },
    {
      name: 'an update sets and removes attributes, supports names for reserved words, and creates a missing item',
      page: `${API}/API_UpdateItem.html`,
      aws: {
        made: { pk: { S: 'a' }, owner: { S: 'x' }, due_at: { N: '1' } },
        changed: { pk: { S: 'a' }, owner: { S: 'y' } },
      },
      async observe(world) {
        const { update, item } = await tableIn(world);
        const ExpressionAttributeNames = { '#owner': 'owner', '#due_at': 'due_at' };
        await update({
          UpdateExpression: 'SET #owner = :owner, #due_at = :due_at',
          ExpressionAttributeNames,
          ExpressionAttributeValues: { ':owner': { S: 'x' }, ':due_at': { N: '1' } },
        });
        const made = await item();
        await update({
          UpdateExpression: 'SET #owner = :owner REMOVE #due_at',
          ExpressionAttributeNames,
          ExpressionAttributeValues: { ':owner': { S: 'y' } },
        });
        return { made, changed: await item() };
      },
    },
    {
      name: 'an update adds to a number, and returns the new values on request',
      page: `${API}/API_UpdateItem.html`,
      aws: { count: { N: '3' } },
      async observe(world) {
        const { put, update } = await tableIn(world);
        await put({ count: { N: '1' } });
        const { Attributes } = await update({
          UpdateExpression: 'SET #count = #count + :two',
          ExpressionAttributeNames: { '#count': 'count' },
          ExpressionAttributeValues: { ':two': { N: '2' } },
          ReturnValues: 'UPDATED_NEW',
        });
        return Attributes;
      },
    },
    {
      name: 'an update and a deletion under a condition are refused when it is not met',
      page: `${API}/API_DeleteItem.html`,
      aws: {
        updated: { error: 'ConditionalCheckFailedException', status: 400 },
        deleted: { error: 'ConditionalCheckFailedException', status: 400 },
        item: { pk: { S: 'a' }, owner: { S: 'x' } },
      },
      async observe(world) {
        const { dynamoDb, TableName, Key, put, update, item } = await tableIn(world);
        await put({ owner: { S: 'x' } });
        const condition = {
          ConditionExpression: '#owner = :owner',
          ExpressionAttributeNames: { '#owner': 'owner' },
          ExpressionAttributeValues: { ':owner': { S: 'y' } },
        };
        const updated = await refusal(update({ UpdateExpression: 'SET #owner = :owner', ...condition }));
        const deletion = new DeleteItemCommand({ TableName, Key, ...condition });
        return { updated, deleted: await refusal(dynamoDb.send(deletion)), item: await item() };
      },
    },
    {
      name: 'a consistent read sees the previous write, and a missing item is not an error',
      page: `${API}/API_GetItem.html`,
      aws: { before: null, after: { pk: { S: 'a' }, n: { N: '1' } } },
      async observe(world) {
        const { put, item } = await tableIn(world);
        const before = (await item()) ?? null;
        await put({ n: { N: '1' } });
        return { before, after: await item() };
      },
    },
    {
      name: 'an item keeps every type of attribute, and numbers of 38 digits',
      page: `${GUIDE}/HowItWorks.NamingRulesDataTypes.html`,
      aws: {
        pk: { S: 'a' },
        number: { N: '12345678901234567890123456789012345678' },
        yes: { BOOL: true },
        nothing: { NULL: true },
        list: { L: [{ S: 'x' }, { N: '1' }] },
        map: { M: { x: { S: '' } } },
        set: { SS: ['x', 'y'] },
        bytes: { B: { 0: 1, 1: 255 } },
      },
      async observe(world) {
        const { put, item } = await tableIn(world);
        await put({
          number: { N: '12345678901234567890123456789012345678' },
          yes: { BOOL: true },
          nothing: { NULL: true },
          list: { L: [{ S: 'x' }, { N: '1' }] },
          map: { M: { x: { S: '' } } },
          set: { SS: ['x', 'y'] },
          bytes: { B: Uint8Array.of(1, 255) },
        });
        return item();
      },
    },
    {
      name: 'the TTL attribute is set, described, and refused a second time',
      page: `${API}/API_UpdateTimeToLive.html`,
      aws: {
        before: { TimeToLiveStatus: 'DISABLED' },
        set: { AttributeName: 'expires_at', Enabled: true },
        after: { TimeToLiveStatus: 'ENABLED', AttributeName: 'expires_at' },
        again: { error: 'ValidationException', status: 400 },
      },
      async observe(world) {
        const { dynamoDb, TableName } = await tableIn(world);
        const describe = async () => {
          const { TimeToLiveDescription } = await dynamoDb.send(new DescribeTimeToLiveCommand({ TableName }));
          // AWS reports ENABLING for up to an hour.
          const status = TimeToLiveDescription?.TimeToLiveStatus?.replace('ENABLING', 'ENABLED');
          return { ...TimeToLiveDescription, TimeToLiveStatus: status };
        };
        const set = () =>
          dynamoDb.send(
            new UpdateTimeToLiveCommand({
              TableName,
              TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
            }),
          );
        const before = await describe();
        const { TimeToLiveSpecification } = await set();
        return { before, set: TimeToLiveSpecification, after: await describe(), again: await refusal(set()) };
      },
    },
    {
      name: 'an expired item is read like any other until it is deleted',
      page: `${GUIDE}/TTL.html`,
      aws: { pk: { S: 'a' }, expires_at: { N: '1' } },
      async observe(world) {
        const { dynamoDb, TableName, put, item } = await tableIn(world);
        const TimeToLiveSpecification = { AttributeName: 'expires_at', Enabled: true };
        await dynamoDb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
        await put({ expires_at: { N: '1' } });
        return item();
      },
    },
    {
      name: 'errors: no such table, no such key attribute, an unused value, an item beyond 400 KB',
      page: `${API}/CommonErrors.html`,
      aws: {
        table: { error: 'ResourceNotFoundException', status: 400 },
        key: { error: 'ValidationException', status: 400 },
        unused: { error: 'ValidationException', status: 400 },
        large: { error: 'ValidationException', status: 400 },
      },
      async observe(world) {
        const { dynamoDb, TableName, Key, put } = await tableIn(world);
        const Item = { ...Key, n: { N: '1' } };
        const unused = new PutItemCommand({
          TableName,
          Item,
          ConditionExpression: 'attribute_not_exists(pk)',
          ExpressionAttributeValues: { ':now': { N: '1' } },
        });
        return {
          table: await refusal(dynamoDb.send(new GetItemCommand({ TableName: uniqueName('table'), Key }))),
          key: await refusal(dynamoDb.send(new PutItemCommand({ TableName, Item: { n: { N: '1' } } }))),
          unused: await refusal(dynamoDb.send(unused)),
          large: await refusal(put({ text: { S: 'x'.repeat(400 * 1024) } })),
        };
      },
    },
    ...sets,
    ...rules,
    ...partiql,
  ],
};
