import { systemChance } from '../adapters/chance.ts';
import { loadedAtFirstCall } from './loaded-at-first-call.ts';

/** A secret reader whose code is loaded at the first call; see `createSecretReader`. */
export function lazySecretReader(secretArn: string, failure: string): () => Promise<string> {
  return loadedAtFirstCall(async () => {
    const [{ createSecretsManagerClient }, { createSecretReader }] = await Promise.all([
      import('../adapters/secrets-manager/client.ts'),
      import('../adapters/secrets-manager/secret-reader.ts'),
    ]);
    return createSecretReader(createSecretsManagerClient(), secretArn, systemChance.now, failure);
  });
}
