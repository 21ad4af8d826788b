import { arn, physicalName } from '../template/names.ts';
import { judged } from './judged-policy.ts';
import type { ResourceType } from './resource-type.ts';

/** IAM's longest policy name. */
const MAX_NAME_LENGTH = 128;

/** AWS::IAM::Policy and AWS::IAM::ManagedPolicy: their statements apply to each of their roles. */
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
    // The Ref of a managed policy is its ARN; nothing refers to an inline policy.
    const policyArn = arn({ ...stack, region: '' }, 'iam', `policy/${name}`);
    if (type === 'AWS::IAM::ManagedPolicy') managedPolicies.set(policyArn, properties.values.PolicyDocument);
    return { ref: policyArn, attributes: { PolicyArn: policyArn } };
  },
};
