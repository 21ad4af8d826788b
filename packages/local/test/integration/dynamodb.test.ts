import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
  UpdateTimeToLiveCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startAwsEndpoint, type AwsEndpoint } from '../../src/aws-endpoint/aws-endpoint.ts';
import { startDynamoDb, type DynamoDb } from '../../src/dynamodb/dynamodb.ts';
import { createTable, dynamoDbClient, put, TABLE } from './dynamodb-client.ts';
import { killAfterFirstLine } from './killed-process.ts';

const HOUR = 3600;

describe('DynamoDB', () => {
  let dataDir: string;
  let endpoint: AwsEndpoint;
  let dynamoDb: DynamoDb;
  let client: DynamoDBClient;
  let clock = 1_800_000_000_000;
  const seconds = (): number => clock / 1000;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'dynamodb-test-'));
    dynamoDb = await startDynamoDb({ dataDir, region: 'eu-west-1', now: () => clock });
    endpoint = await startAwsEndpoint({ port: 0, services: [dynamoDb] });
    client = dynamoDbClient(endpoint.url);
    await createTable(client);
  });

  afterAll(async () => {
    client.destroy();
    await endpoint.end();
    await dynamoDb.end();
    await rm(dataDir, { recursive: true });
  });

  const get = async (key: string) =>
    (await client.send(new GetItemCommand({ TableName: TABLE, Key: { pk: { S: key } } }))).Item;
  const failure = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('creates a table that accepts writes as soon as CreateTable responds', async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: TABLE }));

    expect(Table?.TableStatus).toBe('ACTIVE');
    expect(Table?.TableArn).toBe(`arn:aws:dynamodb:eu-west-1:000000000000:table/${TABLE}`);
  });

  it('lets one of many simultaneous conditional puts win, and returns the winner to the others', async () => {
    const jobs = Array.from({ length: 50 }, (_, number) => `job-${number}`);

    const outcomes = await Promise.all(jobs.map((job) => failure(put(client, 'contended', job))));

    const winner = (await get('contended'))?.job_id?.S;
    expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(1);
    for (const outcome of outcomes.filter((each) => each !== undefined)) {
      expect(outcome).toBeInstanceOf(ConditionalCheckFailedException);
      expect((outcome as ConditionalCheckFailedException).Item?.job_id?.S).toBe(winner);
    }
  });

  it('refuses by name whatever it would do differently from AWS', async () => {
    const TableName = 'Indexed-Table';
    await client.send(
      new CreateTableCommand({
        TableName,
        AttributeDefinitions: ['pk', 'owner'].map((AttributeName) => ({
          AttributeName,
          AttributeType: 'S' as const,
        })),
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'by-owner',
            KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    const update = (UpdateExpression: string, more: Partial<UpdateItemCommandInput> = {}) =>
      client.send(new UpdateItemCommand({ TableName, Key: { pk: { S: 'a' } }, UpdateExpression, ...more }));
    const names = { ExpressionAttributeNames: { '#owner': 'owner' } };

    await expect(update('SET #owner = another', names)).rejects.toThrow(
      'does not set owner, a key of the index by-owner, from another attribute',
    );
    await expect(update('REMOVE l[0]', { ReturnValues: 'UPDATED_NEW' })).rejects.toThrow(
      'does not return UPDATED_NEW of an update that removes elements of a list',
    );
    const put = { PutRequest: { Item: { pk: { S: 'b' }, owner: { S: '' } } } };
    await expect(
      client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: [put] } })),
    ).rejects.toThrow('IndexName: by-owner, IndexKey: owner');
    const given = { ExpressionAttributeValues: { ':owner': { S: 'first' } } };
    await update('SET #owner = if_not_exists(#owner, :owner)', { ...names, ...given });
    await client.send(new DeleteTableCommand({ TableName }));
  });

  it('returns the item of a failed condition from UpdateItem and DeleteItem too', async () => {
    await put(client, 'mine', 'job-1');
    const condition = {
      TableName: TABLE,
      Key: { pk: { S: 'mine' } },
      ConditionExpression: 'job_id = :job',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    } as const;
    const values = { ':job': { S: 'job-2' } };

    const update = new UpdateItemCommand({
      ...condition,
      UpdateExpression: 'SET note = :note',
      ExpressionAttributeValues: { ...values, ':note': { S: 'n' } },
    });
    const remove = new DeleteItemCommand({ ...condition, ExpressionAttributeValues: values });

    const item = { pk: { S: 'mine' }, job_id: { S: 'job-1' } };
    expect(await failure(client.send(update))).toMatchObject({
      name: 'ConditionalCheckFailedException',
      Item: item,
    });
    expect(await failure(client.send(remove))).toMatchObject({
      name: 'ConditionalCheckFailedException',
      Item: item,
    });
    expect(await get('mine')).toEqual(item);
  });

  it('returns no item for a failed condition unless the request asks for it', async () => {
    await put(client, 'quiet', 'job-1');
    const remove = new DeleteItemCommand({
      TableName: TABLE,
      Key: { pk: { S: 'quiet' } },
      ConditionExpression: 'attribute_not_exists(pk)',
    });

    const error = await failure(client.send(remove));

    expect(error).toBeInstanceOf(ConditionalCheckFailedException);
    expect((error as ConditionalCheckFailedException).Item).toBeUndefined();
  });

  it('deletes only expired items, some time after they expire', async () => {
    const expiresAt = (time: number) => ({ expires_at: { N: String(time) } });
    await put(client, 'expired', 'job', expiresAt(seconds() - 1));
    await put(client, 'not-yet', 'job', expiresAt(seconds() + HOUR));
    await put(client, 'text', 'job', { expires_at: { S: '1' } });
    await put(client, 'more-than-five-years-ago', 'job', expiresAt(1));
    expect(await get('expired')).toBeDefined();

    expect(await dynamoDb.sweepExpiredItems()).toBe(1);
    expect(await get('expired')).toBeUndefined();

    clock += HOUR * 1000;
    expect(await dynamoDb.sweepExpiredItems()).toBe(1);
    expect(await get('not-yet')).toBeUndefined();
    expect(await get('text')).toBeDefined();
    expect(await get('more-than-five-years-ago')).toBeDefined();
  });

  it('describes the TTL setting, and refuses to enable it twice', async () => {
    const again = new UpdateTimeToLiveCommand({
      TableName: TABLE,
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
    });

    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: TABLE }));

    expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expires_at' });
    await expect(client.send(again)).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'TimeToLive is already enabled',
    });
  });

  it('refuses by name an unknown operation, and a member that it would drop', async () => {
    const transaction = new TransactWriteItemsCommand({ TransactItems: [] });
    await expect(client.send(transaction)).rejects.toThrow(
      /does not support the operation TransactWriteItems\. Supported operations: .*PutItem/,
    );

    // The SDK drops unknown members, so the test sends the request itself.
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: {
        authorization: 'AWS4-HMAC-SHA256 Credential=api/20260101/us-east-1/dynamodb/aws4_request',
        'x-amz-target': 'DynamoDB_20120810.Scan',
      },
      body: JSON.stringify({ TableName: TABLE, Surprise: true }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      message: 'The embedded DynamoDB does not support Surprise, a member of Scan.',
    });
  });

  it('forgets a deleted table, including its items and its TTL setting', async () => {
    const other = await startDynamoDb({ dataDir: await mkdtemp(join(dataDir, 'other-')) });
    endpoint.register(other);
    await createTable(client);
    await put(client, 'a', 'job');

    await client.send(new DeleteTableCommand({ TableName: TABLE }));
    await expect(get('a')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await createTable(client); // This call would fail if time to live were still enabled.
    expect(await get('a')).toBeUndefined();

    endpoint.register(dynamoDb);
    await other.end();
  });

  it('keeps every acknowledged write, and a usable table, after a kill -9', async () => {
    const killedDir = await mkdtemp(join(dataDir, 'killed-'));
    const { key } = await killAfterFirstLine<{ key: string }>('dynamodb-killed.ts', killedDir);

    const revived = await startDynamoDb({ dataDir: killedDir });
    endpoint.register(revived);

    expect(await get(key)).toEqual({ pk: { S: key }, job_id: { S: 'job-1' } });
    await expect(put(client, key, 'job-3')).rejects.toBeInstanceOf(ConditionalCheckFailedException);
    await put(client, 'after the kill', 'job-4');
    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: TABLE }));
    expect(TimeToLiveDescription?.TimeToLiveStatus).toBe('ENABLED');

    endpoint.register(dynamoDb);
    await revived.end();
  });

  it('reports in one line which data folder is in use or unreadable', async () => {
    const unreadable = await mkdtemp(join(dataDir, 'unreadable-'));
    await mkdir(join(unreadable, 'dynamodb'));
    await writeFile(join(unreadable, 'dynamodb', 'CURRENT'), 'no manifest');

    await expect(startDynamoDb({ dataDir })).rejects.toThrow(
      `The DynamoDB data in ${dataDir}/dynamodb cannot be opened: another process uses it; stop that one first.`,
    );
    await expect(startDynamoDb({ dataDir: unreadable })).rejects.toThrow(
      /The DynamoDB data in .* cannot be opened: .*; delete the folder to start afresh\.$/,
    );
  });
});
