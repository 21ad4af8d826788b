import { arn, physicalName } from '../template/names.ts';
import type { ResourceType } from './resource-type.ts';

/** SNS's longest name of a topic. */
const MAX_NAME_LENGTH = 256;

/** AWS::SNS::Topic, which alarms name as their action. Nothing is delivered: CloudWatch records in the alarm's history what it would send. */
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
