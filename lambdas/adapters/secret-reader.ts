import { SecretsManagerClient, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { clientConfiguration } from './aws/configuration.ts';

export function createSecretsManagerClient(): SecretsManagerClient {
  return new SecretsManagerClient(clientConfiguration('secretsmanager'));
}

/** How long a value is cached, in milliseconds. A changed secret reaches all functions within this time. */
const CACHE_MS = 5 * 60_000;

/**
 * Creates a function that reads a secret's current value, and caches it for five minutes. Failures are not cached.
 *
 * @param failure the error's message, without the ARN
 */
export function createSecretReader(
  client: SecretsManagerClient,
  secretArn: string,
  now: () => Date,
  failure: string,
): () => Promise<string> {
  let cached: { value: Promise<string>; readAt: number } | undefined;

  async function read(): Promise<string> {
    try {
      const { SecretString: value } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
      if (!value) throw new Error('The secret has no text.');
      return value;
    } catch (error) {
      cached = undefined;
      throw new Error(failure, { cause: error });
    }
  }

  return () => {
    const moment = now().getTime();
    // If the clock was set back, the last read appears to be in the future, and the cached value counts as stale.
    const isFresh = cached && moment >= cached.readAt && moment - cached.readAt < CACHE_MS;
    if (!cached || !isFresh) cached = { value: read(), readAt: moment };
    return cached.value;
  };
}
