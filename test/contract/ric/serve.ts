import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { functionArn, sandboxEnvironment } from '../../../local/lambda/function-configuration.ts';
import { startRuntimeApi, type RuntimeListener } from '../../../local/lambda/runtime-api.ts';
import { REGION } from '../world.ts';
import type { Bundle } from './api-bundle.ts';

/** How long the client may take for all of it, in milliseconds. */
const PATIENCE_MS = 30_000;

const ACCOUNT = { region: REGION, accountId: '000000000000' };

/** What Errand's bundle needs of an event to tell that it is alive. */
const HEALTH_ALIVE = {
  version: '2.0',
  routeKey: '$default',
  rawPath: '/health-alive',
  rawQueryString: '',
  headers: { accept: '*/*' },
  requestContext: {
    http: {
      method: 'GET',
      path: '/health-alive',
      protocol: 'HTTP/1.1',
      sourceIp: '127.0.0.1',
      userAgent: '',
    },
    requestId: 'request-1',
    stage: '$default',
    timeEpoch: 0,
  },
  isBase64Encoded: false,
};

/** What Lambda hears of an invocation. */
interface Outcome {
  readonly kind: 'responded' | 'failed';
  readonly requestId: string;
  readonly payload: unknown;
}

/**
 * Lets AWS's runtime interface client run a bundle against our Runtime API, in the environment of our sandboxes: one invocation that it answers, and one whose event is
 * none of an HTTP API's.
 * @returns what is not as it should be
 */
export async function serveWithRic(ric: string, bundle: Bundle): Promise<string[]> {
  const answered = await outcomes(ric, bundle, [HEALTH_ALIVE, null]);
  const [alive, failed] = answered;
  const { statusCode, body = '' } = (alive?.payload ?? {}) as { statusCode?: number; body?: string };
  const { errorType, trace } = (failed?.payload ?? {}) as { errorType?: string; trace?: string[] };
  const seen = {
    alive: [alive?.kind, alive?.requestId, statusCode, body.includes('alive') || body.includes('ok')],
    failed: [failed?.kind, failed?.requestId, errorType, Array.isArray(trace)],
  };
  const expected = {
    alive: ['responded', 'invocation-0', 200, true],
    failed: ['failed', 'invocation-1', 'TypeError', true],
  };
  if (isDeepStrictEqual(seen, expected)) return [];
  return [`aws-lambda-ric\n  seen: ${JSON.stringify(answered)}\n  expected: ${JSON.stringify(expected)}`];
}

/** The outcomes of invocations with these events, one after the other, in one process. */
async function outcomes(ric: string, bundle: Bundle, events: readonly unknown[]): Promise<Outcome[]> {
  const found: Outcome[] = [];
  const { promise: done, resolve, reject } = Promise.withResolvers<undefined>();
  const note = (kind: Outcome['kind']) => (requestId: string, payload: Buffer) => {
    found.push({ kind, requestId, payload: JSON.parse(payload.toString()) as unknown });
    return true;
  };
  const listener: RuntimeListener = {
    ready() {
      // Ready once more after the last one: it has read the answers to all that it said.
      if (found.length === events.length) resolve(undefined);
      else {
        runtimeApi.deliver({
          requestId: `invocation-${found.length}`,
          payload: Buffer.from(JSON.stringify(events[found.length])),
          deadline: Date.now() + PATIENCE_MS,
          functionArn: functionArn(ACCOUNT, 'api'),
          traceId: 'Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0',
        });
      }
    },
    responded: note('responded'),
    failed: note('failed'),
    respondedTooMuch: () => true,
    initFailed(payload) {
      reject(new Error(`aws-lambda-ric could not load the bundle: ${payload.toString()}`));
    },
  };
  const runtimeApi = await startRuntimeApi(listener);
  const { codeDir, handler } = bundle;
  const configuration = { name: 'api', timeoutSeconds: PATIENCE_MS / 1000, memorySize: 256, ...bundle };
  const child = spawn(process.execPath, [ric, handler], {
    cwd: codeDir,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: sandboxEnvironment(configuration, ACCOUNT, runtimeApi.address, 'ric', 'session'),
  });
  child.once('error', reject);
  child.once('exit', (code) => {
    reject(new Error(`aws-lambda-ric ended with ${String(code)}`));
  });
  const timer = setTimeout(() => {
    reject(new Error(`aws-lambda-ric did not answer within ${PATIENCE_MS / 1000} s`));
  }, PATIENCE_MS);
  try {
    await done;
    return found;
  } finally {
    clearTimeout(timer);
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    runtimeApi.end();
  }
}
