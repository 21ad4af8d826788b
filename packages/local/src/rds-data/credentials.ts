import { createHash } from 'node:crypto';
import { DataApiError } from './data-api-error.ts';

/** The credentials in a database secret. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Returns the current value of a secret; undefined if the secret does not exist. */
export type ReadSecret = (secretArn: string) => string | undefined;

/**
 * Returns the credentials in a call's secret.
 * @throws DataApiError if the secret is missing, or is not JSON with `username` and `password`
 */
export function credentialsIn(secretArn: string, readSecret: ReadSecret): Credentials {
  const text = readSecret(secretArn);
  if (text === undefined) {
    throw new DataApiError('SecretsErrorException', 400, "Secrets Manager can't find the specified secret.");
  }
  try {
    const { username, password } = JSON.parse(text) as Partial<Record<keyof Credentials, unknown>>;
    if (typeof username === 'string' && typeof password === 'string') return { username, password };
  } catch {
    // Invalid JSON gets the same error as JSON with missing fields: see below.
  }
  const message = 'The secret must be a JSON object with the strings "username" and "password".';
  throw new DataApiError('InvalidSecretException', 400, message);
}

/** Returns a fingerprint of the credentials that does not reveal them. Equal credentials have equal fingerprints. */
export function fingerprintOf({ username, password }: Credentials): string {
  return createHash('sha256')
    .update(JSON.stringify([username, password]))
    .digest('hex');
}
