import path from 'node:path';
import { Command } from 'commander';
import { count } from '../../tools/arguments.ts';
import { createClusterTemplate, CLUSTER_VARIABLE } from '../helpers/cluster-template.ts';
import { MUTANTS } from './all-mutants.ts';
import { environmentFor, judge } from './judge.ts';
import { inapplicable, type PlacedMutant } from './mutant.ts';
import { openReport, readResults } from './report.ts';
import { runTests } from './run-tests.ts';
import { hasChanges, makeScratchCopies, type ScratchCopies } from './scratch-copies.ts';

// Runs `npm run mutants`. Applies one fault at a time to copies of the project, runs the tests that should detect the fault, and writes
// docs/mutants.md. See docs/testing.md.

/**
 * The exit codes. `killed`: the tests killed every mutant. `survived`: at least one mutant survived. `impossible`: the run could not start, or a
 * mutated program can't run.
 */
const EXIT = { killed: 0, survived: 1, impossible: 2, stopped: 130 };

/** Each test file's duration without a mutant, in seconds. */
const secondsOf = new Map<string, number>();

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Options {
  readonly only?: string;
  readonly from: number;
  readonly to: number;
  readonly atOnce: number;
  readonly left?: boolean;
  readonly list?: boolean;
  readonly report?: boolean;
}

const program = new Command('mutants')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.killed : EXIT.impossible))
  .description('Puts faults into copies of the last commit, and reports which of them no test notices.')
  .option('--only <words>', 'the mutants whose names contain these words')
  .option('--from <n>', 'the number of the first mutant', count(1, MUTANTS.length), 1)
  .option('--to <n>', 'the number of the last mutant', count(1, MUTANTS.length), MUTANTS.length)
  .option('--at-once <n>', 'how many mutants to run at the same time', count(1, 16), 2)
  .option('--left', 'the mutants that no test has killed so far')
  .option('--list', 'list the mutants with their numbers')
  .option('--report', 'only write docs/mutants.md again, from the results of earlier runs')
  .parse();

const options = program.opts<Options>();
const earlier = readResults(ROOT);
const chosen = MUTANTS.map((mutant, index) => ({ number: index + 1, mutant })).filter(
  ({ number, mutant: { name } }) =>
    number >= options.from &&
    number <= options.to &&
    name.includes(options.only ?? '') &&
    !(options.left && earlier[name]?.outcome === 'killed'),
);

if (options.list) {
  for (const { number, mutant } of chosen) process.stdout.write(`${number} ${mutant.file}: ${mutant.name}\n`);
} else if (options.report) {
  await openReport(ROOT, MUTANTS).write();
} else {
  process.exitCode = await run();
}

async function run(): Promise<number> {
  const refusals = [
    ...inapplicable(MUTANTS, ROOT),
    ...(hasChanges(ROOT)
      ? ['The mutants are put into copies of the last commit: commit your changes first.']
      : []),
  ];
  if (refusals.length > 0) {
    process.stderr.write(`${refusals.join('\n')}\n`);
    return EXIT.impossible;
  }
  const copies = await makeScratchCopies(ROOT, options.atOnce);
  process.on('exit', () => {
    copies.remove();
  });
  const stopping = new AbortController();
  const interrupted = new Error('The mutants were interrupted.');
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      stopping.abort(interrupted);
    });
  const { signal } = stopping;
  process.env.TMPDIR = copies.folder;
  const report = openReport(ROOT, MUTANTS);
  const queue = [...chosen];
  const invalid: string[] = [];
  let survivors = 0;
  const work = eachCopy(copies, stopping, async (copy, cluster) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { number, mutant } = next;
      const timeoutMs = await timeLimit(mutant.tests, copy, { cluster, signal });
      const judgment = await judge(mutant, copy, { cluster, timeoutMs, signal });
      const about = `${number}/${MUTANTS.length} ${mutant.name}`;
      if (judgment.outcome === 'invalid') {
        invalid.push(`${about}: ${judgment.reason}`);
        process.stdout.write(`invalid  ${about}: ${judgment.reason}\n`);
        continue;
      }
      if (judgment.outcome === 'survived' && mutant.equivalent === undefined) survivors += 1;
      process.stdout.write(
        `${judgment.outcome.padEnd(8)} ${about} (${judgment.seconds} s)${judgment.outcome === 'killed' ? ` by ${judgment.by}` : ''}\n`,
      );
      await report.add(mutant.name, { ...judgment, commit: copies.commit });
    }
  });
  try {
    await work;
  } catch (error) {
    if (error === interrupted) return EXIT.stopped;
    throw error;
  }
  process.stdout.write(
    `${chosen.length} mutants: ${survivors} survived, ${invalid.length} are no programs.\n`,
  );
  if (invalid.length > 0) {
    process.stderr.write(`${invalid.join('\n\n')}\n`);
    return EXIT.impossible;
  }
  return survivors > 0 ? EXIT.survived : EXIT.killed;
}

/**
 * Calls `use` for all copies in parallel. Each copy has its own empty cluster, next to which the tests store a cluster with the schema.
 *
 * @throws the first error, after all copies have ended; the first error stops the other copies
 */
async function eachCopy(
  { copies }: ScratchCopies,
  stopping: AbortController,
  use: (copy: string, cluster: string) => Promise<void>,
): Promise<void> {
  const clusters: string[] = [];
  while (clusters.length < copies.length) {
    await createClusterTemplate();
    clusters.push(process.env[CLUSTER_VARIABLE] ?? '');
    Reflect.deleteProperty(process.env, CLUSTER_VARIABLE);
  }
  const uses = copies.map((copy, index) =>
    use(copy, clusters[index] ?? '').catch((error: unknown) => {
      stopping.abort(error);
    }),
  );
  await Promise.all(uses);
  stopping.signal.throwIfAborted();
}

/**
 * Returns the time limit of each test file with a mutant, in milliseconds: one minute, plus three times the total duration of the test files without
 * a mutant.
 *
 * @throws Error if the tests fail without a mutant, because they then prove nothing
 */
async function timeLimit(
  tests: PlacedMutant['tests'],
  copy: string,
  { cluster, signal }: { cluster: string; signal: AbortSignal },
): Promise<number> {
  let total = 0;
  for (const test of tests) {
    let seconds = secondsOf.get(test);
    if (seconds === undefined) {
      const environment = environmentFor(cluster);
      const run = await runTests(copy, [test], { timeoutMs: 600_000, environment, signal });
      if (run.outcome !== 'passed')
        throw new Error(`${test} has to pass without a mutant: ${JSON.stringify(run)}`);
      ({ seconds } = run);
      secondsOf.set(test, seconds);
    }
    total += seconds;
  }
  return Math.ceil(60_000 + 3_000 * total);
}
