import { parseArgs } from 'node:util';
import { runSteps, type Steps } from '../helpers/command-steps.ts';
import type { EmbeddedTarget, EmulatorTarget } from '../helpers/target.ts';
import { cdk, emulatorVariables } from './cdk.ts';
import { installLocalStack } from './localstack.ts';
import { closedGaps } from './probes.ts';
import { countTests, failuresOf, skippedByGap, type JestResults } from './results.ts';
import { runTests } from './run-tests.ts';
import { startTarget } from './start-target.ts';

/**
 * Returns a regular expression for the portable test files with matching names, or for all portable test files if `patterns` is empty. Subfolders are
 * excluded: they contain the command line's tests and tests that need the embedded cloud.
 */
const suiteOf = (patterns: readonly string[]): string =>
  `/test/integration/[^/]*(${patterns.join('|')})[^/]*\\.test\\.ts$`;

interface Words {
  readonly endpoint: string | undefined;
  readonly localStack: boolean;
  readonly patterns: readonly string[];
}

/** Parses the arguments. @throws Error that names the invalid argument */
function readWords(): Words {
  const { values, positionals } = parseArgs({
    options: { endpoint: { type: 'string' }, localstack: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const { endpoint } = values;
  if (endpoint !== undefined && !URL.canParse(endpoint)) {
    throw new Error(
      `--endpoint is "${endpoint}". Use the URL of an emulator, such as http://127.0.0.1:4566.`,
    );
  }
  if (endpoint !== undefined && values.localstack) {
    throw new Error('--localstack starts LocalStack: leave out --endpoint.');
  }
  return { endpoint: endpoint?.replace(/\/+$/, ''), localStack: values.localstack, patterns: positionals };
}

/** Runs the tests in the embedded cloud, with LocalStack in place of its SQS and S3. */
async function runWithLocalStack(steps: Steps, patterns: readonly string[]): Promise<number> {
  const localStack = await steps.step('LocalStack (installed)', installLocalStack(steps.signal));
  if (!localStack) return 0;
  const target: EmbeddedTarget = { kind: 'embedded', localStack };
  const results = await steps.step('tests', runTests(steps, target, [suiteOf(patterns)]));
  return reportOf(results, 0);
}

/** Prints the totals first and the failures last, because a truncated log keeps only its last lines. @returns the exit code */
function reportOf(results: JestResults, closedGapCount: number): number {
  for (const [gap, tests] of skippedByGap(results)) console.log(`skipped for the gap ${gap}: ${tests}`);
  const { passed, failed, skipped } = countTests(results);
  const allFailed = failed + closedGapCount;
  console.log(`${passed} passed, ${allFailed} failed, ${skipped} skipped`);
  for (const failure of failuresOf(results)) console.log(failure);
  return allFailed === 0 && results.success ? 0 : 1;
}

await runSteps('emulator', async (steps) => {
  const { endpoint, localStack, patterns } = readWords();
  if (localStack) return runWithLocalStack(steps, patterns);
  const target: EmulatorTarget =
    endpoint === undefined ? await startTarget(steps) : { kind: 'emulator', awsEndpointUrl: endpoint };
  const { awsEndpointUrl } = target;
  await steps.step('cdk bootstrap', cdk(emulatorVariables(awsEndpointUrl), ['bootstrap'], {}, steps.signal));
  const probing = target.kind === 'ministack' ? closedGaps(awsEndpointUrl) : [];
  const [results, closed] = await steps.step(
    'tests',
    Promise.all([runTests(steps, target, [suiteOf(patterns)]), probing]),
  );
  for (const gap of closed) {
    console.error(`The gap ${gap} is closed: remove it from test/helpers/gaps.ts.`);
  }
  return reportOf(results, closed.length);
});
