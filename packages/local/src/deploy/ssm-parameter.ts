import { physicalName } from '../template/names.ts';
import { AwsCallError, callAws } from './aws-call.ts';
import type { ResourceType } from './resource-type.ts';

/** Systems Manager's maximum length for parameter names, excluding the ARN's prefix. */
const MAX_NAME_LENGTH = 1011;

/**
 * AWS::SSM::Parameter. A parameter from an earlier run keeps its value, because the operator may have changed it. CloudFormation, too, leaves the
 * value unchanged until the template's value changes.
 */
export const ssmParameter: ResourceType = {
  honours: ['AllowedPattern', 'Name', 'Type', 'Value'],
  withoutEffect: ['Description', 'Tags', 'Tier'],

  async deploy({ logicalId, properties }, { stack, awsEndpointUrl }) {
    const Name = properties.optionalText('Name') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH);
    const [Type, Value] = [properties.text('Type'), properties.text('Value')];
    const AllowedPattern = properties.optionalText('AllowedPattern');
    await callAws(awsEndpointUrl, 'ssm', 'AmazonSSM.PutParameter', {
      Name,
      Type,
      Value,
      AllowedPattern,
    }).catch((error: unknown) => {
      if (!(error instanceof AwsCallError && error.code === 'ParameterAlreadyExists')) throw error;
    });
    return { ref: Name, attributes: { Type, Value } };
  },
};
