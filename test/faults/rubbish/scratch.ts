import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import type { Cloud } from '../../helpers/cloud.ts';

/** The resources that the requests use. Only the function and the database belong to the stack. */
export interface Scratch {
  readonly queueUrl: string;
  readonly table: string;
  readonly bucket: string;
  /** An unfinished multipart upload for the `parts` key. */
  readonly uploadId: string;
  readonly resourceArn: string;
  readonly secretArn: string;
  readonly database: string;
  /** A function that responds to an unknown event with an error. */
  readonly functionName: string;
}

/** Creates the resources that do not belong to the stack: a queue, a table, a bucket and a multipart upload. */
export async function createScratch(cloud: Cloud): Promise<Scratch> {
  const { sqs, dynamoDb, s3 } = cloud;
  const [table, bucket] = ['scratch', 'scratch'];
  const { QueueUrl: queueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'scratch' }));
  await dynamoDb.send(
    new CreateTableCommand({
      TableName: table,
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'hello' }));
  const { UploadId: uploadId = '' } = await s3.send(
    new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'parts' }),
  );
  return {
    ...{ queueUrl, table, bucket, uploadId },
    resourceArn: cloud.output('ClusterArn'),
    secretArn: cloud.output('SecretArn'),
    database: cloud.output('DatabaseName'),
    functionName: cloud.output('ApiFunctionName'),
  };
}

/** Returns the configuration of an SDK client that sends each request only once. */
export function configured(endpoint: string) {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'rubbish', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
}

/**
 * Returns functions that each send one command, keyed by `<service> <name>`.
 *
 * @param commands the commands to send, by name
 */
export function named(
  service: string,
  commands: Readonly<Record<string, object>>,
  send: (endpoint: string, command: never) => Promise<unknown>,
): Record<string, (endpoint: string) => Promise<unknown>> {
  return Object.fromEntries(
    Object.entries(commands).map(([name, command]) => [
      `${service} ${name}`,
      (endpoint: string) => send(endpoint, command as never),
    ]),
  );
}
