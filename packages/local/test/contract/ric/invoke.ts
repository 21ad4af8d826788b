import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { functionArn, sandboxEnvironment } from '../../../src/lambda/function-configuration.ts';
import { startRuntimeApi, type RuntimeListener } from '../../../src/lambda/runtime-api.ts';
import { REGION } from '../world.ts';

/** The maximum total time for a client's invocations, in milliseconds. */
export const PATIENCE_MS = 30_000;

const ACCOUNT = { region: REGION, accountId: '000000000000' };

export const FUNCTION_ARN = functionArn(ACCOUNT, 'api');
export const TRACE_ID = 'Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0';

/** A function's bundle, with everything needed to start a runtime for it. */
export interface Bundle {
  readonly codeDir: string;
  /** The handler's name, such as `index.handler`. */
  readonly handler: string;
  /** The function's environment variables. Unresolved intrinsic functions are left as JSON, as they appear in the template. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The command that starts a runtime interface client. */
export interface RuntimeClient {
  readonly name: string;
  readonly command: string;
  readonly words: readonly string[];
}

/** An invocation's outcome, as Lambda receives it. */
export interface Outcome {
  readonly kind: 'responded' | 'failed';
  readonly requestId: string;
  readonly payload: unknown;
}

/**
 * Runs a bundle with a runtime interface client against the embedded Runtime API, in one process. The environment variables are the same as in an
 * embedded sandbox.
 *
 * @returns the outcome of one invocation per event, in order
 * @throws Error if the client exits, does not respond, or can't load the bundle
 */
export async function invokeBy(
  client: RuntimeClient,
  bundle: Bundle,
  events: readonly unknown[],
): Promise<Outcome[]> {
  const found: Outcome[] = [];
  const { promise: done, resolve, reject } = Promise.withResolvers<undefined>();
  const note = (kind: Outcome['kind']) => (requestId: string, payload: Buffer) => {
    found.push({ kind, requestId, payload: JSON.parse(payload.toString()) as unknown });
    return true;
  };
  const listener: RuntimeListener = {
    ready() {
      // The client requests its next invocation only after reading the responses to all of its earlier requests.
      if (found.length === events.length) resolve(undefined);
      else {
        runtimeApi.deliver({
          requestId: `invocation-${found.length}`,
          payload: Buffer.from(JSON.stringify(events[found.length])),
          deadline: Date.now() + PATIENCE_MS,
          functionArn: FUNCTION_ARN,
          traceId: TRACE_ID,
        });
      }
    },
    responded: note('responded'),
    failed: note('failed'),
    respondedTooMuch: () => true,
    initFailed(payload) {
      reject(new Error(`${client.name} could not load the bundle: ${payload.toString()}`));
      return true;
    },
  };
  const runtimeApi = await startRuntimeApi(listener);
  const configuration = { name: 'api', timeoutSeconds: PATIENCE_MS / 1000, memorySize: 256, ...bundle };
  const child = spawn(client.command, [...client.words, bundle.handler], {
    cwd: bundle.codeDir,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: sandboxEnvironment(configuration, ACCOUNT, runtimeApi.address, 'ric', 'session'),
  });
  child.once('error', reject);
  child.once('exit', (code) => {
    reject(new Error(`${client.name} ended with ${String(code)}`));
  });
  const timer = setTimeout(() => {
    reject(new Error(`${client.name} did not respond within ${PATIENCE_MS / 1000} s`));
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
