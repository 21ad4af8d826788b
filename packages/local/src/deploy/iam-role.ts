import { arn, physicalName } from '../template/names.ts';
import { judged } from './judged-policy.ts';
import type { ResourceType } from './resource-type.ts';

/** IAM's longest role name. */
const MAX_NAME_LENGTH = 64;

/** AWS::IAM::Role: what acts with it may do what its policies say. */
export const iamRole: ResourceType = {
  honours: ['AssumeRolePolicyDocument', 'Policies', 'RoleName'],
  withoutEffect: ['Description', 'ManagedPolicyArns', 'MaxSessionDuration', 'Path', 'Tags'],

  deploy({ logicalId, properties }, { stack, iam }) {
    const name = properties.optionalText('RoleName') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH);
    // A role stands in no region.
    const roleArn = arn({ ...stack, region: '' }, 'iam', `role/${name}`);
    judged(properties, 'AssumeRolePolicyDocument', (document) => {
      iam.createRole(name, roleArn, document);
    });
    for (const policy of properties.objects('Policies')) {
      judged(policy, 'PolicyDocument', (document) => {
        iam.attachToRole(name, document);
      });
    }
    return { ref: name, attributes: { Arn: roleArn } };
  },
};
