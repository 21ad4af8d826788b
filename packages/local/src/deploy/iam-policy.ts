import { arn, physicalName } from '../template/names.ts';
import { judged } from './judged-policy.ts';
import type { ResourceType } from './resource-type.ts';

/** IAM's maximum length for policy names. */
const MAX_NAME_LENGTH = 128;

/** AWS::IAM::Policy and AWS::IAM::ManagedPolicy. The statements apply to each of the policy's roles. */
export const iamPolicy: ResourceType = {
  honours: ['PolicyDocument', 'Roles'],
  withoutEffect: ['Description', 'ManagedPolicyName', 'Path', 'PolicyName'],

  deploy({ logicalId, type, properties }, { stack, iam, managedPolicies }) {
    for (const role of properties.optionalTexts('Roles') ?? []) {
      judged(properties, 'PolicyDocument', (document) => {
        iam.attachToRole(role, document);
      });
    }
    const name = physicalName(stack, logicalId, MAX_NAME_LENGTH);
    // A managed policy's `Ref` is its ARN. Inline policies have no ARN, but no resource refers to an inline policy.
    const policyArn = arn({ ...stack, region: '' }, 'iam', `policy/${name}`);
    if (type === 'AWS::IAM::ManagedPolicy') managedPolicies.set(policyArn, properties.values.PolicyDocument);
    return { ref: policyArn, attributes: { PolicyArn: policyArn } };
  },
};
