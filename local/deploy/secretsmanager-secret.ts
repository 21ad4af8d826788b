import { arn, physicalId, physicalName } from '../template/names.ts';
import type { ResourceType } from './resource-type.ts';

/** Secrets Manager ends the ARN of every secret in a hyphen and six characters. */
const ARN_SUFFIX_LENGTH = 6;

/** Secrets Manager's longest secret name. */
const MAX_NAME_LENGTH = 512;

/**
 * AWS::SecretsManager::Secret: its ARN alone, which a Data API call names. The embedded PostgreSQL asks for no
 * password, so there is no value to keep.
 */
export const secretsManagerSecret: ResourceType = {
  honours: ['Name'],
  withoutEffect: ['Description', 'GenerateSecretString', 'KmsKeyId', 'SecretString', 'Tags'],

  deploy({ logicalId, properties }, { stack }) {
    const name = properties.optionalText('Name') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH);
    const suffix = physicalId(stack, logicalId, ARN_SUFFIX_LENGTH);
    const secretArn = arn(stack, 'secretsmanager', `secret:${name}-${suffix}`);
    return { ref: secretArn, attributes: { Id: secretArn } };
  },
};
