import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
  type CreateTableCommandInput,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Case } from '../contract.ts';
import { clientOf, refusal, uniqueName, type World } from '../world.ts';
import { tableIn } from './dynamodb-table.ts';

const API = 'https://docs.aws.amazon.com/amazondynamodb/latest/APIReference';
const GUIDE = 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide';

const REFUSED = { error: 'ValidationException', status: 400 };

function createTable(client: DynamoDBClient, more: Partial<CreateTableCommandInput> = {}) {
  const TableName = uniqueName('table');
  const command = new CreateTableCommand({
    TableName,
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'owner', AttributeType: 'S' },
    ],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-owner',
        KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
    BillingMode: 'PAY_PER_REQUEST',
    ...more,
  });
  return client.send(command).then(() => TableName);
}

/** Creates a table with an index on `owner`. */
async function indexedTableIn(world: World) {
  const dynamoDb = clientOf(world, DynamoDBClient);
  const TableName = await createTable(dynamoDb);
  return {
    dynamoDb,
    TableName,
    query: (more: Partial<QueryCommandInput>) => {
      const condition = {
        IndexName: 'by-owner',
        KeyConditionExpression: '#owner = :owner',
        ExpressionAttributeNames: { '#owner': 'owner' },
        ExpressionAttributeValues: { ':owner': { S: 'a' } },
      };
      return dynamoDb.send(new QueryCommand({ TableName, ...condition, ...more }));
    },
  };
}

/** Cases for the rules on expressions, keys, indexes and reads. */
export const rules: readonly Case[] = [
  {
    name: 'several elements of a list are removed by their positions before the update',
    page: `${GUIDE}/Expressions.UpdateExpressions.html`,
    aws: { first: ['d'], mixed: ['B', 'e', 'x'] },
    async observe(world) {
      const { put, update, item } = await tableIn(world);
      const list = (...texts: string[]) => put({ l: { L: texts.map((text) => ({ S: text })) } });
      const rest = async () => (await item())?.l?.L?.map(({ S: text }) => text);
      await list('a', 'b', 'c', 'd');
      await update({ UpdateExpression: 'REMOVE l[0], l[1], l[2]' });
      const first = await rest();
      await list('a', 'b', 'c', 'd', 'e');
      await update({
        UpdateExpression: 'REMOVE l[0], l[3], l[2] SET l[1] = :b, l[9] = :x',
        ExpressionAttributeValues: { ':b': { S: 'B' }, ':x': { S: 'x' } },
      });
      return { first, mixed: await rest() };
    },
  },
  {
    name: 'an update that returns no attributes has no member for them',
    page: `${API}/API_UpdateItem.html`,
    aws: { old: 'none', none: 'none' },
    async observe(world) {
      const { update } = await tableIn(world);
      const set = {
        UpdateExpression: 'SET a = :a',
        ExpressionAttributeValues: { ':a': { S: 'x' } },
      };
      const { Attributes: old } = await update({ ...set, ReturnValues: 'UPDATED_OLD' });
      const { Attributes: none } = await update(set);
      return { old: old ?? 'none', none: none ?? 'none' };
    },
  },
  {
    name: 'an index key is not empty',
    page: `${GUIDE}/HowItWorks.NamingRulesDataTypes.html`,
    aws: { put: REFUSED, set: REFUSED, count: 0 },
    async observe(world) {
      const { dynamoDb, TableName } = await indexedTableIn(world);
      const put = new PutItemCommand({ TableName, Item: { pk: { S: 'a' }, owner: { S: '' } } });
      const set = new UpdateItemCommand({
        TableName,
        Key: { pk: { S: 'a' } },
        UpdateExpression: 'SET #owner = if_not_exists(#owner, :empty)',
        ExpressionAttributeNames: { '#owner': 'owner' },
        ExpressionAttributeValues: { ':empty': { S: '' } },
      });
      return {
        put: await refusal(dynamoDb.send(put)),
        set: await refusal(dynamoDb.send(set)),
        count: (await dynamoDb.send(new ScanCommand({ TableName }))).Count,
      };
    },
  },
  {
    name: 'a global index does not support consistent reads',
    page: `${API}/API_Query.html`,
    aws: { query: REFUSED, scan: REFUSED },
    async observe(world) {
      const { dynamoDb, TableName, query } = await indexedTableIn(world);
      const read = { TableName, IndexName: 'by-owner', ConsistentRead: true };
      return {
        query: await refusal(query({ ConsistentRead: true })),
        scan: await refusal(dynamoDb.send(new ScanCommand(read))),
      };
    },
  },
  {
    name: 'Select must agree with the projection and the index',
    page: `${API}/API_Query.html`,
    aws: { specific: REFUSED, all: REFUSED, count: REFUSED, projected: REFUSED, agreed: 0 },
    async observe(world) {
      const { dynamoDb, TableName, query } = await indexedTableIn(world);
      const scan = new ScanCommand({ TableName, Select: 'ALL_PROJECTED_ATTRIBUTES' });
      const ProjectionExpression = 'pk';
      return {
        specific: await refusal(query({ Select: 'SPECIFIC_ATTRIBUTES' })),
        all: await refusal(query({ Select: 'ALL_ATTRIBUTES', ProjectionExpression })),
        count: await refusal(query({ Select: 'COUNT', ProjectionExpression })),
        projected: await refusal(dynamoDb.send(scan)),
        agreed: (await query({ Select: 'SPECIFIC_ATTRIBUTES', ProjectionExpression })).Count,
      };
    },
  },
  {
    name: 'a table cannot define an attribute that is not part of a key',
    page: `${API}/API_CreateTable.html`,
    aws: REFUSED,
    observe(world) {
      const AttributeDefinitions = ['pk', 'owner', 'unused'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S' as const,
      }));
      return refusal(createTable(clientOf(world, DynamoDBClient), { AttributeDefinitions }));
    },
  },
  {
    name: 'a key has at most 2,048 bytes of UTF-8',
    page: `${GUIDE}/Constraints.html`,
    aws: { longest: true, put: REFUSED, get: REFUSED },
    async observe(world) {
      const { dynamoDb, TableName } = await tableIn(world);
      const keyOf = (characters: number) => ({ pk: { S: 'ä'.repeat(characters) } });
      await dynamoDb.send(new PutItemCommand({ TableName, Item: keyOf(1024) }));
      const { Item } = await dynamoDb.send(new GetItemCommand({ TableName, Key: keyOf(1024) }));
      return {
        longest: Item !== undefined,
        put: await refusal(dynamoDb.send(new PutItemCommand({ TableName, Item: keyOf(1025) }))),
        get: await refusal(dynamoDb.send(new GetItemCommand({ TableName, Key: keyOf(1025) }))),
      };
    },
  },
];
