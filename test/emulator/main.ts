import { parseArgs } from 'node:util';
import { runSteps } from '../helpers/command-steps.ts';
import type { EmulatorTarget } from '../helpers/target.ts';
import { cdk, emulatorVariables } from './cdk.ts';
import { closedGaps } from './probes.ts';
import { countTests, skippedByGap } from './results.ts';
import { runTests } from './run-tests.ts';
import { startTarget } from './start-target.ts';

/** The files of the portable tests whose names match, or all: not what knows the embedded cloud. */
const suiteOf = (patterns: readonly string[]): string =>
  `/test/integration/[^/]*(${patterns.join('|')})[^/]*\\.test\\.ts$`;

/** @throws Error that says what is wrong with the words */
function readWords(): { endpoint: string | undefined; patterns: readonly string[] } {
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
  return { endpoint: endpoint?.replace(/\/+$/, ''), patterns: positionals };
}

await runSteps('emulator', async (steps) => {
  const { endpoint, patterns } = readWords();
  const target: EmulatorTarget =
    endpoint === undefined ? await startTarget(steps) : { kind: 'emulator', awsEndpointUrl: endpoint };
  const { awsEndpointUrl } = target;
  await steps.step('cdk bootstrap', cdk(emulatorVariables(awsEndpointUrl), ['bootstrap'], {}, steps.signal));
  const probing = target.kind === 'ministack' ? closedGaps(awsEndpointUrl) : [];
  const [results, closed] = await steps.step(
    'tests',
    Promise.all([runTests(steps, target, [suiteOf(patterns)]), probing]),
  );
  for (const [gap, tests] of skippedByGap(results)) console.log(`skipped for the gap ${gap}: ${tests}`);
  for (const gap of closed) {
    console.error(`The gap ${gap} is closed: take it out of test/helpers/gaps.ts.`);
  }
  const { passed, failed, skipped } = countTests(results);
  const allFailed = failed + closed.length;
  console.log(`${passed} passed, ${allFailed} failed, ${skipped} skipped`);
  return allFailed === 0 && results.success ? 0 : 1;
});
