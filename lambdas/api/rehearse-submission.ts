import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { sqsClient } from '../composition/aurora-and-sqs.ts';
import { dynamoDbClient } from '../composition/dynamodb.ts';
import { rehearseCalls } from '../composition/rehearse.ts';
import type { Environment, environments } from '../environment.ts';

/** Rehearses the three AWS calls of a submission; see {@link rehearseCalls}. */
export function rehearseSubmission(environment: Environment<(typeof environments)['api']>): Promise<void> {
  const { tableName, queueUrls } = environment;
  const [queueUrl] = queueUrls.values();
  return rehearseCalls(environment, [
    () =>
      dynamoDbClient().send(
        new PutItemCommand({
          TableName: tableName,
          Item: { pk: { S: '' } },
          ExpressionAttributeValues: { ':now': { N: '0' } },
        }),
      ),
    () => sqsClient().send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: '{}' })),
  ]);
}
