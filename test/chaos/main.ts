import { Command } from 'commander';
import { count } from '../../tools/arguments.ts';
import { startProgressBar } from './progress-bar.ts';
import { jsonReport, textReport, type Asked } from './report.ts';
import { runChaos } from './run.ts';

// `npm run chaos`: many clients, many faults, and a final check. docs/chaos.md describes the run and the checks.

/** Exit codes: all promises were kept; one was broken; the run could not start; it was stopped. */
const EXIT = { kept: 0, broken: 1, impossible: 2, stopped: 130 };

const program = new Command('chaos')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.kept : EXIT.impossible))
  .description(
    'Runs jobs on an embedded cloud in which much goes wrong, and checks that nothing was lost, stuck, doubled or wrong.',
  )
  .option('--jobs <n>', 'jobs to submit, duplicates not counted', count(1, 1_000_000), 5000)
  .option('--seed <n>', 'what is asked for and what goes wrong', count(0, 2 ** 32 - 2), 1)
  .option('--concurrency <n>', 'clients at the same time', count(1, 1000), 50)
  .option('--json', 'write JSON')
  .parse();

const { json, ...asked } = program.opts<Asked & { json?: boolean }>();
const toldToStop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    toldToStop.abort();
  });
}

process.stderr.write(`seed ${asked.seed}\n`);
const bar = startProgressBar(process.stderr);
try {
  const outcome = await runChaos({ ...asked, signal: toldToStop.signal, onProgress: bar.see });
  bar.end();
  process.stdout.write(json ? jsonReport(asked, outcome) : textReport(asked, outcome));
  process.exitCode = outcome.findings.length === 0 ? EXIT.kept : EXIT.broken;
} catch (error) {
  bar.end();
  process.exitCode = toldToStop.signal.aborted ? EXIT.stopped : EXIT.impossible;
  process.stderr.write(toldToStop.signal.aborted ? 'Stopped.\n' : `${String((error as Error).stack)}\n`);
}
