import type { DataApi } from '../adapters/aurora/data-api.ts';
import { createWebhookKeyStore } from '../adapters/aurora/webhook-key-store.ts';
import { systemChance } from '../adapters/system.ts';
import { createSecretsManagerClient } from '../adapters/secret-reader.ts';
import { createSecretReader } from '../adapters/secret-reader.ts';
import { StoreUnavailableError } from '../job/errors.ts';
import type { KeyPorts } from '../webhook-key/manage-key.ts';

/**
 * What shows and rotates webhook keys. In a module of its own, which is loaded with the first request for a key: no cold start pays for
 * the client of Secrets Manager.
 *
 * @param secretArn of the secret that the keys are derived from
 */
export function createWebhookKeyPorts(dataApi: DataApi, secretArn: string): KeyPorts {
  const failure = 'The secret of the webhook keys could not be read.';
  const readSecret = createSecretReader(createSecretsManagerClient(), secretArn, systemChance.now, failure);
  return {
    store: createWebhookKeyStore(dataApi),
    async readSecret() {
      try {
        return await readSecret();
      } catch (error) {
        throw new StoreUnavailableError('Secrets Manager', 'no', error);
      }
    },
  };
}
