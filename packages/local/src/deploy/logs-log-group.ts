import { arn, physicalName } from '../template/names.ts';
import type { ResourceType } from './resource-type.ts';

/** CloudWatch Logs' maximum length for log group names. */
const MAX_NAME_LENGTH = 512;

/** AWS::Logs::LogGroup. Logs go to the terminal, but a function needs permission to write them. */
export const logsLogGroup: ResourceType = {
  honours: ['LogGroupName'],
  withoutEffect: ['DataProtectionPolicy', 'KmsKeyId', 'LogGroupClass', 'RetentionInDays', 'Tags'],

  deploy({ logicalId, properties }, { stack }) {
    const name = properties.optionalText('LogGroupName') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH);
    return { ref: name, attributes: { Arn: arn(stack, 'logs', `log-group:${name}:*`) } };
  },
};
