import type { DataApi } from '../adapters/aurora/data-api.ts';
import { createWebhookKeyStore } from '../adapters/aurora/webhook-key-store.ts';
import { systemClock } from '../adapters/system.ts';
import { createSecretReader, createSecretsManagerClient } from '../adapters/secret-reader.ts';
import { StoreUnavailableError } from '../job/errors.ts';
import type { KeyPorts } from '../webhook-key/manage-key.ts';

/**
 * Creates the ports for showing and rotating webhook keys. This module is loaded on the first request for a key, so that cold
 * starts don't load the Secrets Manager client.
 *
 * @param secretArn the secret from which the keys are derived
 */
export function createWebhookKeyPorts(dataApi: DataApi, secretArn: string): KeyPorts {
  const failure = "The webhook keys' secret could not be read.";
  const readSecret = createSecretReader(createSecretsManagerClient(), secretArn, systemClock.now, failure);
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
