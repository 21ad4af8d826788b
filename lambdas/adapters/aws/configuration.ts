import { createHttpHandler } from './http-handler.ts';
import { createSigner } from './signer.ts';
import { readSurroundings, type Surroundings } from './surroundings.ts';

/**
 * A call that hangs fails after `requestTimeout`, so that it is repeated within the function's time; repeating is safe, because
 * every write has the effect of one when it is made twice. Milliseconds.
 */
export const TIMES = { connectionTimeout: 2_000, requestTimeout: 8_000 };

/** One pool of connections, which are kept alive, for all clients of a function. */
const requestHandler = createHttpHandler(TIMES);

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

/**
 * What every client of the SDK is made with. It answers all that the clients' `runtimeConfig.js` would otherwise look up at the
 * start, in variables, in files that do not exist in Lambda and over the network; test/unit/adapters/clients.test.ts
 * holds that nothing is looked up (docs/decisions/0019-lean-lambdas.md).
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
 * The same for all clients but S3's, with our handler of HTTP and our signer.
 *
 * @param service the name by which requests to the service are signed
 */
export function clientConfiguration(service: string) {
  const common = commonConfiguration();
  return {
    ...common,
    requestHandler,
    signer: createSigner({ ...common, service }),
    // A client's calls differ in nothing that its middlewares keep between them: one region, one place, the same keys.
    cacheMiddleware: true,
  };
}
