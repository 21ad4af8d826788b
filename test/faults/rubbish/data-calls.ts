import {
  BatchExecuteStatementCommand as BatchPartiqlCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  BatchExecuteStatementCommand,
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RDSDataClient,
  RollbackTransactionCommand,
} from '@aws-sdk/client-rds-data';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { configured, named, type Scratch } from './scratch.ts';
import type { Send } from './recorder.ts';

/** Requests to the data services. They use only the scratch resources. */
export function dataCalls(scratch: Scratch): Record<string, Send> {
  return { ...dynamoDbCalls(scratch), ...rdsDataCalls(scratch), ...s3Calls(scratch) };
}

const ITEM = { pk: { S: 'a' }, sk: { N: '1' } };

function dynamoDbCalls({ table }: Scratch): Record<string, Send> {
  const commands = {
    PutItem: new PutItemCommand({
      TableName: table,
      Item: {
        ...ITEM,
        tags: { SS: ['x', 'y'] },
        map: { M: { deep: { L: [{ BOOL: true }, { NULL: true }] } } },
      },
      ConditionExpression: 'attribute_not_exists(pk) OR #v < :v',
      ExpressionAttributeNames: { '#v': 'version' },
      ExpressionAttributeValues: { ':v': { N: '5' } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
    UpdateItem: new UpdateItemCommand({
      TableName: table,
      Key: ITEM,
      UpdateExpression: 'SET #c = if_not_exists(#c, :zero) + :one, seen = :now REMOVE gone ADD hits :one',
      ConditionExpression: 'size(#c) < :one OR #c BETWEEN :zero AND :one OR begins_with(seen, :now)',
      ExpressionAttributeNames: { '#c': 'count' },
      ExpressionAttributeValues: { ':zero': { N: '0' }, ':one': { N: '1' }, ':now': { S: 'now' } },
      ReturnValues: 'ALL_NEW',
    }),
    DeleteItem: new DeleteItemCommand({ TableName: table, Key: ITEM, ReturnValues: 'ALL_OLD' }),
    GetItem: new GetItemCommand({
      TableName: table,
      Key: ITEM,
      ConsistentRead: true,
      ProjectionExpression: 'pk, map.deep[0]',
    }),
    Query: new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
      FilterExpression: 'contains(tags, :pk) AND attribute_type(map, :pk)',
      ExpressionAttributeValues: { ':pk': { S: 'a' }, ':from': { N: '0' }, ':to': { N: '9' } },
      ExclusiveStartKey: ITEM,
      Limit: 3,
      ScanIndexForward: false,
    }),
    Scan: new ScanCommand({ TableName: table, Limit: 2, Segment: 0, TotalSegments: 2, Select: 'COUNT' }),
    BatchWriteItem: new BatchWriteItemCommand({
      RequestItems: {
        [table]: [{ PutRequest: { Item: ITEM } }, { DeleteRequest: { Key: { ...ITEM, sk: { N: '2' } } } }],
      },
    }),
    BatchGetItem: new BatchGetItemCommand({
      RequestItems: { [table]: { Keys: [ITEM], ProjectionExpression: 'pk' } },
    }),
    BatchExecuteStatement: new BatchPartiqlCommand({
      Statements: [
        {
          Statement: `INSERT INTO "${table}" VALUE {'pk': ?, 'sk': ?}`,
          Parameters: [{ S: 'b' }, { N: '1' }],
        },
        {
          Statement: `UPDATE "${table}" SET x=? WHERE pk=? AND sk=? AND x < ?`,
          Parameters: [{ N: '2' }, { S: 'b' }, { N: '1' }, { N: '7' }],
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      ],
    }),
    DescribeTable: new DescribeTableCommand({ TableName: table }),
    DescribeTimeToLive: new DescribeTimeToLiveCommand({ TableName: table }),
    ListTables: new ListTablesCommand({ Limit: 3, ExclusiveStartTableName: 'a' }),
    CreateTable: new CreateTableCommand({
      TableName: table,
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  };
  return named('dynamodb', commands, (endpoint, command: never) =>
    new DynamoDBClient(configured(endpoint)).send(command),
  );
}

function rdsDataCalls({ resourceArn, secretArn, database }: Scratch): Record<string, Send> {
  const at = { resourceArn, secretArn, database };
  const id = {
    name: 'id',
    value: { stringValue: '01900000-0000-7000-8000-000000000000' },
    typeHint: 'UUID',
  } as const;
  const commands = {
    ExecuteStatement: new ExecuteStatementCommand({
      ...at,
      sql: `SELECT :id::uuid AS id, :n * 2 AS n, :text || '''' AS text, array[1, 2] AS list -- :comment`,
      parameters: [id, { name: 'n', value: { longValue: 4 } }, { name: 'text', value: { stringValue: 'ä' } }],
      includeResultMetadata: true,
      formatRecordsAs: 'NONE',
      resultSetOptions: { decimalReturnType: 'STRING', longReturnType: 'LONG' },
    }),
    'ExecuteStatement as JSON': new ExecuteStatementCommand({
      ...at,
      sql: 'SELECT :blob AS blob, :is AS is, :nothing::text AS nothing, :half AS half',
      parameters: [
        { name: 'blob', value: { blobValue: Buffer.from('x') } },
        { name: 'is', value: { booleanValue: true } },
        { name: 'nothing', value: { isNull: true } },
        { name: 'half', value: { doubleValue: 0.5 } },
      ],
      formatRecordsAs: 'JSON',
    }),
    BatchExecuteStatement: new BatchExecuteStatementCommand({
      ...at,
      sql: 'SELECT :n::int',
      parameterSets: [[{ name: 'n', value: { longValue: 1 } }], [{ name: 'n', value: { longValue: 2 } }]],
    }),
    BeginTransaction: new BeginTransactionCommand(at),
    CommitTransaction: new CommitTransactionCommand({ resourceArn, secretArn, transactionId: 'AAAA' }),
    RollbackTransaction: new RollbackTransactionCommand({ resourceArn, secretArn, transactionId: 'AAAA' }),
  };
  return named('rds-data', commands, (endpoint, command: never) =>
    new RDSDataClient(configured(endpoint)).send(command),
  );
}

function s3Calls({ bucket, uploadId }: Scratch): Record<string, Send> {
  const object = { Bucket: bucket, Key: 'a/ä b' };
  const upload = { Bucket: bucket, Key: 'parts', UploadId: uploadId };
  const commands = {
    PutObject: new PutObjectCommand({ ...object, Body: 'hello', Metadata: { mark: 'x' }, IfNoneMatch: '*' }),
    GetObject: new GetObjectCommand({
      ...object,
      Range: 'bytes=1-3',
      IfMatch: '"abc"',
      ChecksumMode: 'ENABLED',
    }),
    HeadObject: new HeadObjectCommand(object),
    DeleteObject: new DeleteObjectCommand(object),
    CopyObject: new CopyObjectCommand({ ...object, CopySource: `${bucket}/a`, MetadataDirective: 'REPLACE' }),
    DeleteObjects: new DeleteObjectsCommand({
      Bucket: bucket,
      Delete: { Objects: [{ Key: 'a' }, { Key: '&<' }] },
    }),
    ListBuckets: new ListBucketsCommand({ Prefix: 'a' }),
    ListObjectsV2: new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: 'a',
      Delimiter: '/',
      MaxKeys: 5,
      EncodingType: 'url',
    }),
    CreateBucket: new CreateBucketCommand({ Bucket: bucket }),
    PutBucketCors: new PutBucketCorsCommand({
      Bucket: bucket,
      CORSConfiguration: {
        CORSRules: [
          {
            ID: 'x',
            AllowedOrigins: ['https://*.example.com'],
            AllowedMethods: ['GET'],
            AllowedHeaders: ['*'],
            ExposeHeaders: ['etag'],
            MaxAgeSeconds: 3000,
          },
        ],
      },
    }),
    PutBucketLifecycleConfiguration: new PutBucketLifecycleConfigurationCommand({
      Bucket: bucket,
      LifecycleConfiguration: {
        Rules: [{ ID: 'x', Status: 'Enabled', Filter: { Prefix: 'tmp/' }, Expiration: { Days: 3 } }],
      },
    }),
    CreateMultipartUpload: new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: 'CRC32' }),
    UploadPart: new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'part' }),
    UploadPartCopy: new UploadPartCopyCommand({
      ...upload,
      PartNumber: 2,
      CopySource: `${bucket}/a`,
      CopySourceRange: 'bytes=0-1',
    }),
    ListParts: new ListPartsCommand({ ...upload, MaxParts: 2, PartNumberMarker: '0' }),
    CompleteMultipartUpload: new CompleteMultipartUploadCommand({
      ...upload,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag: '"00"' }] },
    }),
  };
  return named('s3', commands, (endpoint, command: never) =>
    new S3Client({ ...configured(endpoint), forcePathStyle: true }).send(command),
  );
}
