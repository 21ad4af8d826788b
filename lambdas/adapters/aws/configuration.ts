import { InTimeHandler } from './in-time-handler.ts';
import { readSurroundings, type Surroundings } from './surroundings.ts';

/**
 * A call that hangs fails after `requestTimeout`, so that it is repeated within the function's time; repeating is safe, because
 * every write has the effect of one when it is made twice. Milliseconds.
 */
export const TIMES = { connectionTimeout: 2_000, requestTimeout: 8_000, throwOnRequestTimeout: true };

/** One pool of connections, which are kept alive, for all clients of a function. */
const requestHandler = new InTimeHandler(TIMES);

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

/**
 * What every client of the SDK is made with. It answers all that the clients' `runtimeConfig.js` would otherwise look up at the
 * start, in variables, in files that do not exist in Lambda and over the network; test/unit/adapters/clients.test.ts
 * holds that nothing is looked up (docs/decisions/0019-lean-lambdas.md).
 */
export function clientConfiguration() {
  return {
    ...readSurroundings(),
    requestHandler,
    maxAttempts: 3,
    retryMode: 'standard',
    defaultsMode: 'standard' as const,
    authSchemePreference: [],
    userAgentAppId: nothing,
    // A client's calls differ in nothing that its middlewares keep between them: one region, one place, the same keys.
    cacheMiddleware: true,
  } satisfies Surroundings & Record<string, unknown>;
}
