import type { ServiceLog } from '../job/log.ts';

/**
 * The timeout for the request to the issuer, in milliseconds. On each instance, the first request for the console's page
 * waits for the issuer's response.
 */
const TIMEOUT_MS = 3_000;

/**
 * Creates a function that returns the console's sign-in origins: the issuer's origin and its token endpoint's origin,
 * which differ for Cognito and Google. Without an issuer, the list is empty.
 *
 * @param issuer the `jwtIssuer` setting, if the console has a client id
 */
export function createSignInOrigins(
  issuer: string | undefined,
  log: Pick<ServiceLog, 'warn'>,
): () => Promise<readonly string[]> {
  let known: Promise<readonly string[]> | undefined;
  return async () => {
    if (issuer === undefined) return [];
    try {
      return await (known ??= originsOf(issuer));
    } catch (error) {
      known = undefined; // the next request retries
      log.warn('issuer_unavailable', "The issuer's token endpoint could not be found.", {
        issuer,
        error: String(error),
      });
      return [new URL(issuer).origin];
    }
  };
}

async function originsOf(issuer: string): Promise<readonly string[]> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${address} responded with ${response.status}.`);
  const { token_endpoint: tokenEndpoint } = (await response.json()) as { token_endpoint?: unknown };
  const addresses = typeof tokenEndpoint === 'string' ? [issuer, tokenEndpoint] : [issuer];
  return [...new Set(addresses.map((each) => new URL(each).origin))];
}
