import { PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { DataApi } from './aurora/data-api.ts';
import { PING } from './aurora/sql/count-jobs.ts';
import { createQueueDepth, type QueueUrls } from './sqs/job-queue.ts';

/**
 * Creates a check for each store. A check is the cheapest call that proves that the function can use the store. The
 * DynamoDB check is a write, because submissions write to DynamoDB first, and because a write also fails if the disk is
 * full, which can happen outside AWS. On AWS, the check costs almost nothing: about $0.60 per million writes.
 */
export function storeChecks(stores: {
  dataApi: DataApi;
  dynamoDb: DynamoDBClient;
  tableName: string;
  sqs: SQSClient;
  queueUrls: QueueUrls;
}): { name: string; check: () => Promise<void> }[] {
  const { dataApi, dynamoDb, tableName, sqs, queueUrls } = stores;
  return [
    {
      name: 'aurora',
      async check() {
        await dataApi.query(PING);
      },
    },
    {
      name: 'dynamodb',
      async check() {
        await dynamoDb.send(new PutItemCommand({ TableName: tableName, Item: { pk: { S: 'health' } } }));
      },
    },
    {
      name: 'sqs',
      async check() {
        await createQueueDepth(sqs, queueUrls).visible();
      },
    },
  ];
}
