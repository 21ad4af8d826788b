import { arn, physicalName } from '../template/names.ts';
import { AwsCallError, callAws } from './aws-call.ts';
import type { Properties } from './properties.ts';
import type { ResourceType } from './resource-type.ts';

/** SQS's maximum length for queue names. */
const MAX_NAME_LENGTH = 80;

/** Properties with the same name as an SQS attribute. */
const ATTRIBUTES = [
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'VisibilityTimeout',
];

/** AWS::SQS::Queue. A queue from an earlier run keeps its messages, and gets the template's attributes. */
export const sqsQueue: ResourceType = {
  honours: ['QueueName', ...ATTRIBUTES],
  withoutEffect: ['KmsDataKeyReusePeriodSeconds', 'KmsMasterKeyId', 'SqsManagedSseEnabled', 'Tags'],

  async deploy({ logicalId, properties }, { stack, awsEndpointUrl, queueUrls }) {
    const call = <Output>(action: string, input: object) =>
      callAws<Output>(awsEndpointUrl, 'sqs', `AmazonSQS.${action}`, input);
    const QueueName = properties.optionalText('QueueName') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH);
    const Attributes = attributesOf(properties);

    const existing = await call<{ QueueUrl: string }>('GetQueueUrl', { QueueName }).catch(
      (error: unknown) => {
        if (error instanceof AwsCallError && /NonExistentQueue|QueueDoesNotExist/.test(error.code))
          return undefined;
        throw error;
      },
    );
    if (existing) await call('SetQueueAttributes', { ...existing, Attributes });
    const { QueueUrl } =
      existing ?? (await call<{ QueueUrl: string }>('CreateQueue', { QueueName, Attributes }));

    const queueArn = arn(stack, 'sqs', QueueName);
    queueUrls.set(queueArn, QueueUrl);
    return { ref: QueueUrl, attributes: { Arn: queueArn, QueueName, QueueUrl } };
  },
};

/** Returns the queue's attributes. SQS expects every attribute as a string, and objects as JSON. */
function attributesOf(properties: Properties): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const name of ATTRIBUTES) {
    const value = properties.values[name];
    if (value !== undefined)
      attributes[name] = typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
  return attributes;
}
