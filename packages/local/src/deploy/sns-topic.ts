import { arn, physicalName } from '../template/names.ts';
import type { ResourceType } from './resource-type.ts';

/** SNS's maximum length for topic names. */
const MAX_NAME_LENGTH = 256;

/**
 * AWS::SNS::Topic, which alarms use as an action. Nothing is delivered, but the alarm's history records the notifications that CloudWatch would send.
 */
export const snsTopic: ResourceType = {
  honours: ['TopicName'],
  withoutEffect: [
    'DisplayName',
    'KmsMasterKeyId',
    'SignatureVersion',
    'Subscription',
    'Tags',
    'TracingConfig',
  ],

  deploy({ logicalId, properties }, { stack }) {
    const name = properties.optionalText('TopicName') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH);
    const topicArn = arn(stack, 'sns', name);
    return { ref: topicArn, attributes: { TopicArn: topicArn, TopicName: name } };
  },
};
