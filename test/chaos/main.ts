import { Command, InvalidArgumentError, Option } from 'commander';
import { count } from '../../tools/arguments.ts';
import { startProgressBar } from './progress-bar.ts';
import { writeReportPage, type SeedResult } from './report-page.ts';
import { jsonReport, textReport, type Asked } from './report.ts';
import { runChaos } from './run.ts';

// Runs `npm run chaos`. A run has many clients, many faults, and a final check: see docs/chaos.md.

/**
 * The exit codes. `kept`: all promises were kept. `broken`: a promise was broken. `impossible`: a run could not start. `stopped`: a run was stopped.
 */
const EXIT = { kept: 0, broken: 1, impossible: 2, stopped: 130 };

const LARGEST_SEED = 2 ** 32 - 2;
const seedOf = count(0, LARGEST_SEED);

const program = new Command('chaos')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.kept : EXIT.impossible))
  .description(
    'Runs jobs on an embedded cloud while injecting faults, and checks that no job was lost, stuck, doubled or wrong.',
  )
  .option('--jobs <n>', 'jobs to submit, duplicates not counted', count(1, 1_000_000), 5000)
  .option('--seed <n>', 'determines the requests and the faults', seedOf, 1)
  .addOption(
    new Option('--seeds <from-to>', 'one run for each of these seeds').argParser(range).conflicts('seed'),
  )
  .option('--concurrency <n>', 'concurrent clients', count(1, 1000), 50)
  .option('--report <file>', 'write a page of Markdown with a line for each seed')
  .option('--json', 'write JSON')
  .parse();

interface Options extends Asked {
  readonly seeds?: readonly number[];
  readonly report?: string;
  readonly json?: boolean;
}

const { json = false, report, seeds, ...asked } = program.opts<Options>();
const toldToStop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    toldToStop.abort();
  });
}

const results: SeedResult[] = [];
for (const seed of seeds ?? [asked.seed]) {
  const result = await runSeed({ ...asked, seed });
  if (toldToStop.signal.aborted) break;
  results.push(result);
  if (report !== undefined) await writeReportPage(report, results);
}
process.exitCode = toldToStop.signal.aborted ? EXIT.stopped : Math.max(...results.map(exitCodeOf));

/** Runs one seed, and prints its report. */
async function runSeed(one: Asked): Promise<SeedResult> {
  process.stderr.write(`seed ${one.seed}\n`);
  const bar = startProgressBar(process.stderr);
  try {
    const outcome = await runChaos({ ...one, signal: toldToStop.signal, onProgress: bar.see });
    bar.end();
    process.stdout.write(json ? jsonReport(one, outcome) : textReport(one, outcome));
    return { ...one, outcome };
  } catch (error) {
    bar.end();
    const why = toldToStop.signal.aborted ? 'Stopped.' : String((error as Error).stack);
    process.stderr.write(`${why}\n`);
    return { ...one, outcome: undefined };
  }
}

function exitCodeOf({ outcome }: SeedResult): number {
  if (!outcome) return EXIT.impossible;
  return outcome.findings.length === 0 ? EXIT.kept : EXIT.broken;
}

/** Parses `3-7` or `3` into a list of seeds. */
function range(text: string): number[] {
  const [from = '', to = from, ...more] = text.split('-');
  if (more.length > 0) throw new InvalidArgumentError('Use a range such as 1-10.');
  const [first, last] = [seedOf(from), seedOf(to)];
  if (last < first) throw new InvalidArgumentError('Put the smaller seed first.');
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
