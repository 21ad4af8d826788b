import { arn, physicalId, physicalName } from '../template/names.ts';
import { AWS_MANAGED_POLICIES, awsManagedPolicy } from './aws-managed-policies.ts';
import { judged } from './judged-policy.ts';
import type { ResourceType } from './resource-type.ts';

/** IAM's maximum length for role names. */
const MAX_NAME_LENGTH = 64;

/** AWS::IAM::Role: grants the permissions in its policies. */
export const iamRole: ResourceType = {
  honours: ['AssumeRolePolicyDocument', 'ManagedPolicyArns', 'Policies', 'RoleName'],
  withoutEffect: ['Description', 'MaxSessionDuration', 'Path', 'Tags'],

  deploy({ logicalId, properties }, { stack, iam, managedPolicies }) {
    const name = properties.optionalText('RoleName') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH);
    // Role ARNs have no region.
    const roleArn = arn({ ...stack, region: '' }, 'iam', `role/${name}`);
    judged(properties, 'AssumeRolePolicyDocument', (document) => {
      iam.createRole(name, roleArn, document);
    });
    for (const policy of properties.objects('Policies')) {
      judged(policy, 'PolicyDocument', (document) => {
        iam.attachToRole(name, document);
      });
    }
    for (const policyArn of properties.optionalTexts('ManagedPolicyArns') ?? []) {
      const document = managedPolicies.get(policyArn) ?? awsManagedPolicy(policyArn);
      if (document === undefined) {
        properties.refuse(
          'ManagedPolicyArns',
          `names ${policyArn}, which the embedded cloud does not support: grant the actions in one of the stack's policies. Supported are the stack's ` +
            `own managed policies, and AWS's ${AWS_MANAGED_POLICIES.join(', ')}`,
        );
      }
      iam.attachToRole(name, document);
    }
    return {
      ref: name,
      attributes: { Arn: roleArn, RoleId: physicalId(stack, logicalId, 21).toUpperCase() },
    };
  },
};
