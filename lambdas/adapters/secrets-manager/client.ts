import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { clientConfiguration } from '../aws/configuration.ts';

export function createSecretsManagerClient(): SecretsManagerClient {
  return new SecretsManagerClient(clientConfiguration('secretsmanager'));
}
