import { createHash } from 'node:crypto';

/** How long API Gateway caches a decision about an `Authorization` header on one route. */
export const CACHE_SECONDS = 30;

/**
 * How long a refusal is remembered after the last request: a client that sends the same key again within five seconds after API
 * Gateway's cache has expired does not read the explanations.
 */
const REMEMBERED_MS = (CACHE_SECONDS + 5) * 1000;

/** The maximum number of refusals that are remembered, and therefore explained, at the same time. */
const MOST_REMEMBERED = 100;

/** Decides which refused requests get an explanation. */
export interface Refusals {
  /**
   * Whether to explain the refusal of these credentials.
   *
   * @param credentials the key of API Gateway's cache
   */
  mayExplain(credentials: string): boolean;
}

/**
 * An explained refusal runs two functions, the authorizer and the api; a denial runs only the authorizer, and API Gateway answers
 * repeated requests itself. So each credential's refusal is explained once, and no longer explained after too many others were
 * refused.
 *
 * Only the refusals are remembered, not the unknown keys: every decision reads the table of keys.
 */
export function createRefusals(now: () => Date): Refusals {
  /** The times of the last requests by the hash of their credentials, oldest first. */
  const remembered = new Map<string, number>();

  const forgetOld = (time: number): void => {
    for (const [hash, last] of remembered) {
      if (last + REMEMBERED_MS > time) return;
      remembered.delete(hash);
    }
  };

  return {
    mayExplain(credentials) {
      const time = now().getTime();
      forgetOld(time);
      const hash = createHash('sha256').update(credentials).digest('base64');
      const isRepeated = remembered.delete(hash);
      const isExplained = !isRepeated && remembered.size < MOST_REMEMBERED;
      if (isRepeated || isExplained) remembered.set(hash, time);
      return isExplained;
    },
  };
}
