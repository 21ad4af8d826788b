import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PROJECT } from '../helpers/stack.ts';
import { TARGET_VARIABLE, type EmulatorTarget } from '../helpers/target.ts';
import { cdk } from './cdk.ts';
import { startDataApi } from './data-api.ts';
import { installMiniStack, startMiniStack } from './ministack.ts';

/** The portable tests alone: not what knows the embedded cloud. */
const SUITE = '/test/integration/[^/]*\\.test\\.ts$';

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    interrupted.abort(new Error(`${name}: ended before the tests did.`));
  });
}

/** What was started, in order; it is ended backwards. */
const ends: (() => Promise<unknown>)[] = [];

async function step<Result>(name: string, work: Promise<Result>): Promise<Result> {
  const startedAt = performance.now();
  const result = await Promise.race([work, aborted()]);
  console.log(`${name.padEnd(32)}${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`);
  return result;
}

/** A step that starts something: it is ended even if the signal to end came before it was up. */
async function begin<Service extends { end(): Promise<void> }>(
  name: string,
  starting: Promise<Service>,
): Promise<Service> {
  ends.push(() =>
    starting.then(
      (service) => service.end(),
      () => undefined,
    ),
  );
  return step(name, starting);
}

async function aborted(): Promise<never> {
  const { signal } = interrupted;
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

/** Runs jest against the target, in a process group of its own, which is gone afterwards. */
async function runTests(target: EmulatorTarget, dir: string, patterns: readonly string[]): Promise<number> {
  const files = patterns.length > 0 ? patterns : [SUITE];
  const words = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
  ];
  const jest = spawn(process.execPath, [...words, '--verbose', '--testTimeout=120000', ...files], {
    cwd: PROJECT,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    // What a test leaves there when it is killed goes with the rest.
    env: { ...process.env, TMPDIR: dir, [TARGET_VARIABLE]: JSON.stringify(target) },
  });
  const exited = once(jest, 'exit') as Promise<[number | null]>;
  ends.push(async () => {
    if (jest.exitCode !== null || jest.pid === undefined) return;
    process.kill(-jest.pid, 'SIGKILL');
    await exited;
  });
  const [code] = await Promise.race([exited, aborted()]);
  return code ?? 1;
}

/** Starts MiniStack, and the Data API that its functions call. */
async function startTarget(dir: string): Promise<EmulatorTarget> {
  const python = await step('MiniStack (installed)', installMiniStack(interrupted.signal));
  const dataApi = await begin('Data API', startDataApi(dir));
  const ministack = await begin('MiniStack', startMiniStack(python, dir, dataApi.url));
  return { kind: 'ministack', awsEndpointUrl: ministack.url, dataApiUrl: dataApi.url };
}

try {
  const { values, positionals } = parseArgs({
    options: { endpoint: { type: 'string' } },
    allowPositionals: true,
  });
  const { endpoint } = values;
  if (endpoint !== undefined && !URL.canParse(endpoint)) {
    throw new Error(
      `--endpoint is "${endpoint}": give the URL of an emulator, such as http://127.0.0.1:4566.`,
    );
  }
  const dir = await mkdtemp(path.join(os.tmpdir(), 'errand-emulator-'));
  ends.push(() => rm(dir, { recursive: true, force: true }));
  const target: EmulatorTarget =
    endpoint === undefined
      ? await startTarget(dir)
      : { kind: 'emulator', awsEndpointUrl: endpoint.replace(/\/+$/, '') };
  await step('cdk bootstrap', cdk(target.awsEndpointUrl, ['bootstrap'], {}, interrupted.signal));
  process.exitCode = await step('tests', runTests(target, dir, positionals));
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
} finally {
  for (const end of ends.reverse()) {
    await end().catch((error: unknown) => {
      console.error(String(error));
      process.exitCode = 1;
    });
  }
}
