import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TemplateResource } from '../../src/template/template.ts';
import { deployUnderTest, type DeployUnderTest } from './deploy-under-test.ts';

let deploy: DeployUnderTest;

beforeEach(async () => {
  deploy = await deployUnderTest();
});

afterEach(() => deploy.end());

/** Deploys a secret with these properties, and reads its value by the secret's `Ref`. */
async function valueOf(properties: TemplateResource['Properties']): Promise<string> {
  const secret = { Type: 'AWS::SecretsManager::Secret', ...(properties && { Properties: properties }) };
  const cloud = await deploy.start({ Secret: secret }, { Arn: { Value: { Ref: 'Secret' } } });
  const client = new SecretsManagerClient({
    endpoint: cloud.awsEndpointUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const { SecretString: value = '' } = await client.send(
    new GetSecretValueCommand({ SecretId: cloud.outputs.Arn }),
  );
  client.destroy();
  await cloud.end();
  return value;
}

describe('a secret of the stack', () => {
  it('has the value in the template', async () => {
    expect(await valueOf({ SecretString: 'given' })).toBe('given');
  });

  it('is generated once as configured in the template, and kept after a restart', async () => {
    const generate = { GenerateSecretString: { PasswordLength: 20, ExcludePunctuation: 'true' } };
    const first = await valueOf(generate);
    expect(first).toMatch(/^[A-Za-z0-9]{20}$/);
    expect(await valueOf(generate)).toBe(first);
  });

  it('is generated into a key of its own, next to the keys from the template', async () => {
    const value = await valueOf({
      GenerateSecretString: { SecretStringTemplate: '{"username":"errand"}', GenerateStringKey: 'password' },
    });
    expect(JSON.parse(value)).toEqual({ username: 'errand', password: expect.stringMatching(/^.{32}$/) });
  });

  it('is refused if the template’s value is not a JSON object, and the error names the property', async () => {
    for (const template of ['{', '[]']) {
      await expect(
        valueOf({ GenerateSecretString: { SecretStringTemplate: template, GenerateStringKey: 'password' } }),
      ).rejects.toThrow(/GenerateSecretString\.SecretStringTemplate must be a JSON object/);
    }
  });
});
