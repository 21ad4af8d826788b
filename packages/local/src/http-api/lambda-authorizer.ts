import { FORBIDDEN, UNAUTHORIZED } from './authorizer.ts';
import type { Authorizer, Verdict } from './authorizer.ts';
import type { HttpApiEvent } from './event.ts';
import type { InvokeFunction } from './gateway.ts';
import { INTERNAL_SERVER_ERROR, parsePayload } from './response.ts';

export interface LambdaAuthorizerSettings {
  readonly functionName: string;
  /** Whether the function's resource policy allows the authorizer to invoke the function. */
  readonly permitted: boolean;
  /** The identity sources. A request must contain all of them. Their values form the cache key. */
  readonly identitySources: readonly ((event: HttpApiEvent) => string | undefined)[];
  /** How long a result is cached, in milliseconds; 0 disables the cache. */
  readonly cacheMillis: number;
}

/**
 * Creates a Lambda authorizer with payload format version 2.0 and simple responses. If a request lacks an identity source, the request is
 * denied without invoking the function. A function error denies the request, and is not cached.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 */
export function createLambdaAuthorizer(
  { functionName, permitted, identitySources, cacheMillis }: LambdaAuthorizerSettings,
  invoke: InvokeFunction,
  now: () => number,
): Authorizer {
  const remembered = new Map<string, { verdict: Verdict; until: number }>();

  return async ({ event, routeArn }) => {
    const identities = identitySources.map((source) => source(event));
    if (identities.some((identity) => !identity)) return { refusal: UNAUTHORIZED };
    const key = JSON.stringify(identities);
    const known = remembered.get(key);
    if (known && known.until > now()) return known.verdict;

    if (!permitted) return { refusal: INTERNAL_SERVER_ERROR };
    const outcome = await invoke(
      functionName,
      Buffer.from(JSON.stringify(question(event, routeArn, identities))),
    );
    const verdict = outcome.kind === 'returned' ? readVerdict(outcome.payload) : undefined;
    if (!verdict) return { refusal: INTERNAL_SERVER_ERROR };
    if (cacheMillis > 0) {
      forgetOld(remembered, now());
      remembered.set(key, { verdict, until: now() + cacheMillis });
    }
    return verdict;
  };
}

/** Returns the authorizer's event, which is the integration's event without the body. */
function question(event: HttpApiEvent, routeArn: string, identitySource: unknown[]): object {
  const { version, ...rest }: Partial<HttpApiEvent> = event;
  delete rest.body;
  delete rest.isBase64Encoded;
  return { version, type: 'REQUEST', routeArn, identitySource, ...rest };
}

function readVerdict(payload: Buffer): Verdict | undefined {
  const result = parsePayload(payload) as { isAuthorized?: unknown; context?: unknown } | null | undefined;
  if (typeof result?.isAuthorized !== 'boolean') return undefined;
  if (!result.isAuthorized) return { refusal: FORBIDDEN };
  return { authorizer: { lambda: result.context ?? null } };
}

function forgetOld(remembered: Map<string, { until: number }>, now: number): void {
  for (const [key, { until }] of remembered) if (until <= now) remembered.delete(key);
}
