import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

/** The result of running test files in a copy. */
export type TestRun = { readonly seconds: number } & (
  | { readonly outcome: 'passed' }
  /** A test failed. `test` is the first failed test's file and name. */
  | { readonly outcome: 'failed'; readonly test: string; readonly message: string }
  | { readonly outcome: 'timeout' }
  /** No test ran, because the test files or their imports could not be loaded. */
  | { readonly outcome: 'unusable'; readonly message: string }
);

/** The fields of Jest's report (`--json`) that this module reads. */
interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/** The time between SIGTERM and SIGKILL, in milliseconds. */
const PATIENCE_MS = 5_000;

export interface RunOptions {
  /** The time limit for each file, in milliseconds. */
  readonly timeoutMs: number;
  /** Environment variables, in addition to this process's variables. */
  readonly environment: Record<string, string>;
  /** Ends the tests early. */
  readonly signal: AbortSignal;
}

/**
 * Runs test files in a copy of the project, one after the other, until a test fails.
 *
 * @throws the signal's reason, after all processes of the tests have ended
 */
export async function runTests(
  copy: string,
  files: readonly string[],
  options: RunOptions,
): Promise<TestRun> {
  let seconds = 0;
  // Each file gets its own Jest run. With one run for all files, only `--bail` would stop at the first failure, but it ends the process before the
  // report is written.
  for (const file of files) {
    const run = await runFile(copy, file, options);
    seconds = Math.round((seconds + run.seconds) * 10) / 10;
    if (run.outcome !== 'passed') return { ...run, seconds };
  }
  return { outcome: 'passed', seconds };
}

async function runFile(
  copy: string,
  file: string,
  { timeoutMs, environment, signal }: RunOptions,
): Promise<TestRun> {
  signal.throwIfAborted();
  const report = path.join(copy, 'node_modules', 'report.json');
  rmSync(report, { force: true });
  const startedAt = performance.now();
  const jest = spawn(
    process.execPath,
    [
      '--max-semi-space-size=32',
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      path.join(copy, 'node_modules/jest/bin/jest.js'),
      '--runTestsByPath',
      file,
      ...['--runInBand', '--json', '--outputFile', report],
      ...['--testEnvironment', path.join(copy, 'test/mutants/first-failure.cjs')],
      ...['--cacheDirectory', path.join(path.dirname(copy), 'jest-cache')],
    ],
    {
      cwd: copy,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    },
  );
  let complaints = '';
  jest.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const stop = (how: NodeJS.Signals): void => {
    // Signals the whole process group, because the tests start servers.
    if (jest.pid !== undefined && jest.exitCode === null) process.kill(-jest.pid, how);
  };
  const late = AbortSignal.timeout(timeoutMs);
  let killing: NodeJS.Timeout | undefined;
  const stopSoon = (): void => {
    stop('SIGTERM');
    killing ??= setTimeout(() => {
      stop('SIGKILL');
    }, PATIENCE_MS);
  };
  for (const reason of [late, signal]) reason.addEventListener('abort', stopSoon);
  await once(jest, 'close');
  clearTimeout(killing);
  for (const reason of [late, signal]) reason.removeEventListener('abort', stopSoon);
  signal.throwIfAborted();
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  if (late.aborted) return { outcome: 'timeout', seconds };
  if (!existsSync(report)) return { outcome: 'unusable', seconds, message: complaints.slice(-2_000) };
  return { ...read(JSON.parse(readFileSync(report, 'utf8')) as JestReport, copy), seconds };
}

type Outcome =
  | { outcome: 'passed' }
  | { outcome: 'failed'; test: string; message: string }
  | { outcome: 'unusable'; message: string };

function read({ testResults }: JestReport, copy: string): Outcome {
  for (const { name, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed');
    if (failed) {
      const [message = ''] = failed.failureMessages ?? [];
      // If a test's title includes an error, it also includes the error's stack trace, so only the first line is used.
      const [test] = failed.fullName.split('\n');
      return { outcome: 'failed', test: `${path.relative(copy, name)}: ${test}`, message };
    }
  }
  const broken = testResults.find(({ assertionResults }) => assertionResults.length === 0);
  return broken ? { outcome: 'unusable', message: broken.message } : { outcome: 'passed' };
}
