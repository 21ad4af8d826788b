import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Cloud } from './cloud.ts';

/**
 * Sets a secret's value. Before you run a `send_messages` job, set the secret that `MessagesSecretArn` names, because not every cloud generates this
 * secret.
 *
 * @param output the stack output that contains the secret's ARN
 */
export async function putSecret(cloud: Cloud, output: string, value: string): Promise<void> {
  const secrets = new SecretsManagerClient({
    endpoint: cloud.awsEndpointUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await secrets.send(new PutSecretValueCommand({ SecretId: cloud.output(output), SecretString: value }));
  secrets.destroy();
}
