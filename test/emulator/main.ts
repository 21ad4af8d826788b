import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runSteps, type Steps } from '../helpers/command-steps.ts';
import { PROJECT } from '../helpers/stack.ts';
import { TARGET_VARIABLE, type EmbeddedTarget, type EmulatorTarget } from '../helpers/target.ts';
import { cdk } from './cdk.ts';
import { startDataApi } from './data-api.ts';
import { installLocalStack } from './localstack.ts';
import { installMiniStack, startMiniStack } from './ministack.ts';
import { closedGaps } from './probes.ts';
import { countTests, skippedByGap, type JestResults } from './results.ts';

/** The files of the portable tests whose names match, or all: not what knows the embedded cloud. */
const suiteOf = (patterns: readonly string[]): string =>
  `/test/integration/[^/]*(${patterns.join('|')})[^/]*\\.test\\.ts$`;

/** Runs jest against the target, in a process group of its own, which is gone afterwards. */
async function runTests(
  { signal, dir, atEnd }: Steps,
  target: EmbeddedTarget | EmulatorTarget,
  patterns: readonly string[],
): Promise<JestResults> {
  const resultsFile = path.join(dir, 'results.json');
  const words = [
    ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    ...['node_modules/jest/bin/jest.js', '--verbose', '--testTimeout=120000', '--maxWorkers=4'],
    // The embedded cloud's own tests are in a folder of the same name in packages/local. An option must follow the list.
    ...['--roots', path.join(PROJECT, 'test')],
    ...['--json', `--outputFile=${resultsFile}`],
  ];
  const jest = spawn(process.execPath, [...words, suiteOf(patterns)], {
    cwd: PROJECT,
    detached: true,
    // Its results as JSON go to the file; else they would be printed.
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

/** Starts MiniStack, and the Data API that its functions call. */
async function startTarget({ signal, dir, step, begin }: Steps): Promise<EmulatorTarget> {
  const python = await step('MiniStack (installed)', installMiniStack(signal));
  const dataApi = await begin('Data API', startDataApi(dir));
  const ministack = await begin('MiniStack', startMiniStack(python, dir, dataApi.url));
  return { kind: 'ministack', awsEndpointUrl: ministack.url, dataApiUrl: dataApi.url };
}

interface Words {
  readonly endpoint: string | undefined;
  readonly localStack: boolean;
  readonly patterns: readonly string[];
}

/** @throws Error that says what is wrong with the words */
function readWords(): Words {
  const { values, positionals } = parseArgs({
    options: { endpoint: { type: 'string' }, localstack: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const { endpoint } = values;
  if (endpoint !== undefined && !URL.canParse(endpoint)) {
    throw new Error(
      `--endpoint is "${endpoint}": give the URL of an emulator, such as http://127.0.0.1:4566.`,
    );
  }
  if (endpoint !== undefined && values.localstack) {
    throw new Error('--localstack starts LocalStack: leave out --endpoint.');
  }
  return { endpoint: endpoint?.replace(/\/+$/, ''), localStack: values.localstack, patterns: positionals };
}

/** The embedded cloud, with LocalStack in place of its SQS and S3. */
async function runWithLocalStack(steps: Steps, patterns: readonly string[]): Promise<number> {
  const localStack = await steps.step('LocalStack (installed)', installLocalStack(steps.signal));
  const target: EmbeddedTarget = { kind: 'embedded', localStack };
  const results = await steps.step('tests', runTests(steps, target, patterns));
  return reportOf(results, 0);
}

/** Prints the totals. @returns the exit code */
function reportOf(results: JestResults, closedGapCount: number): number {
  for (const [gap, tests] of skippedByGap(results)) console.log(`skipped for the gap ${gap}: ${tests}`);
  const { passed, failed, skipped } = countTests(results);
  const allFailed = failed + closedGapCount;
  console.log(`${passed} passed, ${allFailed} failed, ${skipped} skipped`);
  return allFailed === 0 && results.success ? 0 : 1;
}

await runSteps('emulator', async (steps) => {
  const { endpoint, localStack, patterns } = readWords();
  if (localStack) return runWithLocalStack(steps, patterns);
  const target: EmulatorTarget =
    endpoint === undefined ? await startTarget(steps) : { kind: 'emulator', awsEndpointUrl: endpoint };
  const { awsEndpointUrl } = target;
  await steps.step('cdk bootstrap', cdk(awsEndpointUrl, ['bootstrap'], {}, steps.signal));
  const probing = target.kind === 'ministack' ? closedGaps(awsEndpointUrl) : [];
  const [results, closed] = await steps.step(
    'tests',
    Promise.all([runTests(steps, target, patterns), probing]),
  );
  for (const gap of closed) {
    console.error(`The gap ${gap} is closed: take it out of test/helpers/gaps.ts.`);
  }
  return reportOf(results, closed.length);
});
