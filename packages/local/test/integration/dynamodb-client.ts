import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateTimeToLiveCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';

export const TABLE = 'Errand-Table';

/** Creates an SDK client like a Lambda function's, but without retries, because tests check the first response. */
export function dynamoDbClient(endpoint: string): DynamoDBClient {
  const credentials = { accessKeyId: 'api', secretAccessKey: 'any' };
  return new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
}

/** Creates a table with the `pk` key. The items expire at `expires_at`. */
export async function createTable(client: DynamoDBClient): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: TABLE,
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  const TimeToLiveSpecification = { AttributeName: 'expires_at', Enabled: true };
  await client.send(new UpdateTimeToLiveCommand({ TableName: TABLE, TimeToLiveSpecification }));
}

/** Puts an item if its key does not exist yet. If the key exists, throws an error that contains the existing item. */
export async function put(
  client: DynamoDBClient,
  key: string,
  jobId: string,
  more: Record<string, AttributeValue> = {},
): Promise<void> {
  await client.send(
    new PutItemCommand({
      TableName: TABLE,
      Item: { pk: { S: key }, job_id: { S: jobId }, ...more },
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }),
  );
}
