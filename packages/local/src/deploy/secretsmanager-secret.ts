import { randomUUID } from 'node:crypto';
import { physicalName } from '../template/names.ts';
import { AwsCallError, callAws } from './aws-call.ts';
import type { Properties } from './properties.ts';
import type { ResourceType } from './resource-type.ts';

/** Secrets Manager's maximum length for secret names. */
const MAX_NAME_LENGTH = 512;

/**
 * AWS::SecretsManager::Secret. A secret from an earlier run keeps its ARN and its value. A secret that the template leaves empty for an
 * operator to fill in gets a random value, because a laptop needs no real key.
 */
export const secretsManagerSecret: ResourceType = {
  honours: ['Name', 'GenerateSecretString', 'SecretString'],
  withoutEffect: ['Description', 'KmsKeyId', 'Tags'],

  async deploy({ logicalId, properties }, { stack, awsEndpointUrl }) {
    const call = <Output>(action: string, input: object) =>
      callAws<Output>(awsEndpointUrl, 'secretsmanager', `secretsmanager.${action}`, input);
    const Name = properties.optionalText('Name') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH);
    const generate = async (options: object) =>
      (await call<{ RandomPassword: string }>('GetRandomPassword', options)).RandomPassword;

    const existing = await call<{ ARN: string }>('DescribeSecret', { SecretId: Name }).catch(
      (error: unknown) => {
        if (error instanceof AwsCallError && error.code === 'ResourceNotFoundException') return undefined;
        throw error;
      },
    );
    const { ARN } =
      existing ??
      (await call<{ ARN: string }>('CreateSecret', {
        Name,
        ClientRequestToken: randomUUID(),
        SecretString: properties.optionalText('SecretString') ?? (await generated(properties, generate)),
      }));
    return { ref: ARN, attributes: { Id: ARN } };
  },
};

/** CloudFormation options that GetRandomPassword does not support. */
const TEMPLATE_OPTIONS = new Set(['SecretStringTemplate', 'GenerateStringKey']);

/** Generates a random password. Returns the password itself or, if there is a JSON template, the template with the password added. */
async function generated(
  properties: Properties,
  generate: (options: object) => Promise<string>,
): Promise<string> {
  const options = properties.object('GenerateSecretString');
  const passwordOptions = Object.entries(options.values).filter(([name]) => !TEMPLATE_OPTIONS.has(name));
  const password = await generate(Object.fromEntries(passwordOptions));
  if (options.values.SecretStringTemplate === undefined) return password;
  return JSON.stringify({ ...templateOf(options), [options.text('GenerateStringKey')]: password });
}

function templateOf(options: Properties): object {
  try {
    const template: unknown = JSON.parse(options.text('SecretStringTemplate'));
    if (typeof template === 'object' && template !== null && !Array.isArray(template)) return template;
  } catch {
    // Invalid JSON is refused below, like any other string that is not a JSON object.
  }
  return options.refuse('SecretStringTemplate', 'must be a JSON object');
}
