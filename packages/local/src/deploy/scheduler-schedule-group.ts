import { arn, physicalName } from '../template/names.ts';
import { AwsCallError, signedFor } from './aws-call.ts';
import type { ResourceType } from './resource-type.ts';

/** EventBridge Scheduler's maximum length for group names. */
const MAX_NAME_LENGTH = 64;

/** AWS::Scheduler::ScheduleGroup. A group from an earlier run keeps its schedules. */
export const schedulerScheduleGroup: ResourceType = {
  honours: ['Name'],
  withoutEffect: ['Tags'],

  async deploy({ logicalId, properties }, { stack, awsEndpointUrl }) {
    const name = properties.optionalText('Name') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH);
    const response = await fetch(`${awsEndpointUrl}/schedule-groups/${name}`, {
      method: 'POST',
      headers: { ...signedFor('scheduler'), 'content-type': 'application/json' },
      body: '{}',
    });
    const { __type: code = '', message = '' } = (await response.json()) as {
      __type?: string;
      message?: string;
    };
    if (!response.ok && code !== 'ConflictException') throw new AwsCallError(code, message);
    return { ref: name, attributes: { Arn: arn(stack, 'scheduler', `schedule-group/${name}`) } };
  },
};
