import { systemChance } from '../adapters/system.ts';
import { lazy } from '../lazy.ts';

/** A secret reader whose code is loaded at the first call; see `createSecretReader`. */
export function lazySecretReader(secretArn: string, failure: string): () => Promise<string> {
  return lazy(async () => {
    const [{ createSecretsManagerClient }, { createSecretReader }] = await Promise.all([
      import('../adapters/secret-reader.ts'),
      import('../adapters/secret-reader.ts'),
    ]);
    return createSecretReader(createSecretsManagerClient(), secretArn, systemChance.now, failure);
  });
}
