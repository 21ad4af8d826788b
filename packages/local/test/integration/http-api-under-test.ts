import type { HttpApiEvent } from '../../src/http-api/event.ts';
import { createGateway } from '../../src/http-api/gateway.ts';
import type { HttpApi, InvocationOutcome } from '../../src/http-api/gateway.ts';
import { startHttpServer } from '../../src/http-api/http-server.ts';
import type { HttpServer } from '../../src/http-api/http-server.ts';

/** The parts of the API that a test can change. */
export type HttpApiSettings = Partial<HttpApi> & { permitted?: boolean; timeoutMillis?: number };

/** HTTP APIs with functions that the test defines. Each API has its own URL. */
export interface HttpApisUnderTest {
  /** Serves an API with one function behind `$default` and `GET /jobs/{job_id}`, and returns the API's URL. */
  serve(answer: (event: HttpApiEvent) => unknown, settings?: HttpApiSettings): Promise<string>;
  /** The access log lines of all APIs that `serve` has started. */
  readonly accessLog: readonly string[];
  end(): Promise<void>;
}

export function httpApisUnderTest(): HttpApisUnderTest {
  const servers: HttpServer[] = [];
  const accessLog: string[] = [];
  return {
    accessLog,
    async serve(answer, { permitted = true, timeoutMillis = 30_000, ...api } = {}) {
      const server = await startHttpServer({ port: 0 });
      servers.push(server);
      const target = { functionName: 'echo', timeoutMillis, permitted };
      const gateway = createGateway(
        {
          apiId: 'api1234567',
          accountId: '000000000000',
          stage: '$default',
          stageVariables: {},
          cors: undefined,
          throttle: undefined,
          accessLog: undefined,
          routes: ['$default', 'GET /jobs/{job_id}'].map((routeKey) => ({ routeKey, target })),
          ...api,
        },
        async (_functionName, event) => outcomeOf(await answer(JSON.parse(event.toString()) as HttpApiEvent)),
        (logGroup, line) => accessLog.push(`${logGroup} ${line}`),
      );
      server.serve(gateway, api.cors?.AllowOrigins);
      return server.url;
    },
    async end() {
      await Promise.all(servers.map((server) => server.end()));
    },
  };
}

/** Returns an outcome unchanged. Turns any other value into the outcome of a function that returned the value. */
function outcomeOf(value: unknown): InvocationOutcome {
  if (typeof value === 'object' && value !== null && 'kind' in value) return value as InvocationOutcome;
  return { kind: 'returned', payload: Buffer.from(JSON.stringify(value)) };
}
