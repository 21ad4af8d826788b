import { createHttpHandler } from './http-handler.ts';
import { createSigner } from './signer.ts';

/** The values of AWS's environment variables, as options for the SDK's clients. */
export interface Surroundings {
  readonly region: string;
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
  /** Whether the SDK skips its search for an endpoint, because no environment variable sets one. */
  readonly ignoreConfiguredEndpointUrls: boolean;
}

/**
 * Reads AWS's own environment variables, which no other code reads:
 *
 * - `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, which Lambda sets for every function. A
 *   sandbox's credentials never change: Lambda ends the sandbox before they expire.
 * - `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`, which choose among AWS's endpoints.
 * - `AWS_ENDPOINT_URL…`. This function checks only whether such a variable is set; the SDK reads the value itself.
 *   Emulators set one of these variables; AWS does not.
 *
 * The variables have the same meaning as in the SDK (AWS SDKs and Tools Reference Guide, "Settings reference"). The SDK can
 * also read configuration files and credential providers, which don't exist in Lambda.
 *
 * @throws Error that names every missing variable
 */
export function readSurroundings(
  source: Readonly<Record<string, string | undefined>> = process.env,
): Surroundings {
  const {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = source;
  if (!region || !accessKeyId || !secretAccessKey) {
    const needed = ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
    throw new Error(`Missing environment variables: ${needed.filter((name) => !source[name]).join(', ')}.`);
  }
  return {
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
    useFipsEndpoint: source.AWS_USE_FIPS_ENDPOINT === 'true',
    useDualstackEndpoint: source.AWS_USE_DUALSTACK_ENDPOINT === 'true',
    ignoreConfiguredEndpointUrls: !Object.keys(source).some((name) => name.startsWith('AWS_ENDPOINT_URL')),
  };
}

/**
 * Timeouts for AWS calls, in milliseconds. A call that hangs fails after `requestTimeout`, so that it can be retried within
 * the function's timeout. Retries are safe, because every write is idempotent.
 */
export const TIMES = { connectionTimeout: 2_000, requestTimeout: 8_000 };

/** All clients of a function share one pool of keep-alive connections. */
const requestHandler = createHttpHandler(TIMES);

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

/**
 * The configuration shared by all SDK clients. The clients' `runtimeConfig.js` would otherwise look these settings up at
 * startup: in environment variables, in files that don't exist in Lambda, and over the network
 * (docs/decisions/0019-lean-lambdas.md). test/unit/adapters/clients.test.ts checks that no look-ups remain.
 */
export function commonConfiguration() {
  return {
    ...readSurroundings(),
    maxAttempts: 3,
    retryMode: 'standard',
    defaultsMode: 'standard' as const,
    authSchemePreference: [],
    userAgentAppId: nothing,
  } satisfies Surroundings & Record<string, unknown>;
}

/**
 * The configuration of all clients except S3's, with Errand's HTTP handler and signer.
 *
 * @param service the service's signing name
 */
export function clientConfiguration(service: string) {
  const common = commonConfiguration();
  return {
    ...common,
    requestHandler,
    signer: createSigner({ ...common, service }),
    // Caching is safe, because all of a client's calls use the same region, endpoint and credentials.
    cacheMiddleware: true,
  };
}
