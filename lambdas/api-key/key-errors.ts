import type { KeyState } from '../access/api-key.ts';
import type { Scope } from '../access/identity.ts';

/** The key does not exist, or belongs to another tenant. */
export class KeyNotFoundError extends Error {
  override readonly name = 'KeyNotFoundError';

  constructor(keyId: string) {
    super(`The API key ${keyId} does not exist.`);
  }
}

/** The key can't be rotated, because it has expired or was revoked. */
export class KeyEndedError extends Error {
  override readonly name = 'KeyEndedError';

  constructor(keyId: string, state: KeyState) {
    super(`The API key ${keyId} is ${state}, so it can't be rotated; create a new key.`);
  }
}

/** The new key would get scopes that its creator doesn't have. */
export class ScopesExceededError extends Error {
  override readonly name = 'ScopesExceededError';

  constructor(missing: readonly Scope[], has: readonly Scope[]) {
    const scopes = `the ${missing.length === 1 ? 'scope' : 'scopes'} ${missing.join(', ')}`;
    super(
      `The key would get ${scopes}, which your own key does not have: it has ${has.join(', ')}. ` +
        "Make the request with a key that has all of the new key's scopes.",
    );
  }
}

/** The caller's own key has expired or been revoked since API Gateway last checked the key. */
export class MakerEndedError extends Error {
  override readonly name = 'MakerEndedError';

  constructor(keyId: string, state: KeyState) {
    super(`The API key ${keyId} is ${state}.`);
  }
}
