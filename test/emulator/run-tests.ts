import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Steps } from '../helpers/command-steps.ts';
import { PROJECT } from '../helpers/stack.ts';
import { TARGET_VARIABLE, type Target } from '../helpers/target.ts';
import type { JestResults } from './results.ts';

/** Runs the matching test files against the target, in a new process group. When the promise resolves, all processes in the group have ended. */
export async function runTests(
  { signal, dir, atEnd }: Steps,
  target: Target,
  patterns: readonly string[],
): Promise<JestResults> {
  const resultsFile = path.join(dir, 'results.json');
  const words = [
    ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    ...['node_modules/jest/bin/jest.js', '--verbose', '--testTimeout=120000', '--maxWorkers=4'],
    // Without `--roots`, the patterns would also match the embedded cloud's own tests in packages/local. The next argument must be an option, because
    // `--roots` takes a list.
    ...['--roots', path.join(PROJECT, 'test')],
    ...['--json', `--outputFile=${resultsFile}`],
  ];
  const jest = spawn(process.execPath, [...words, ...patterns], {
    cwd: PROJECT,
    detached: true,
    // The results are written to a file as JSON, so Jest's output is not needed.
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, [TARGET_VARIABLE]: JSON.stringify(target) },
  });
  const exited = once(jest, 'exit', { signal });
  atEnd(async () => {
    if (jest.exitCode !== null || jest.signalCode !== null || jest.pid === undefined) return;
    const gone = once(jest, 'exit');
    process.kill(-jest.pid, 'SIGKILL');
    await gone;
  });
  await exited;
  return JSON.parse(await readFile(resultsFile, 'utf8')) as JestResults;
}
