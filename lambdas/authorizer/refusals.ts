import { createHash } from 'node:crypto';

/** How long API Gateway caches a decision about an `Authorization` header on a route, in seconds. */
export const CACHE_SECONDS = 30;

/**
 * How long a refusal is remembered after the last request with these credentials, in milliseconds. A client that sends the
 * same key again within five seconds of the cached decision's expiry is ignoring the explanations.
 */
const REMEMBERED_MS = (CACHE_SECONDS + 5) * 1000;

/**
 * The maximum number of refusals remembered at the same time. Once the maximum is reached, new refusals are not
 * explained.
 */
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
 * Creates an in-memory record of refusals. An explained refusal runs two functions: the authorizer and the API. A denial
 * runs only the authorizer, and API Gateway itself responds to repeated requests. A refusal is therefore explained only
 * once for the same credentials, and not at all while too many other refusals are remembered.
 *
 * The record doesn't affect authentication: even a remembered key is looked up in the key table again.
 */
export function createRefusals(now: () => Date): Refusals {
  /** The time of each credential's last use, oldest first. The map's keys are hashes of the credentials. */
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
