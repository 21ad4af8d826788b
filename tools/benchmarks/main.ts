import { CommanderError } from 'commander';
import os from 'node:os';
import { runComparison } from './against/run.ts';
import { UsageError } from './against/versions.ts';
import { readArguments, type Arguments } from './arguments.ts';
import type { Figure, Reading } from './figure.ts';
import { FIGURES, probesOf, WHOLE_RUN } from './figures.ts';
import { thisMachine } from './machine.ts';
import { keeps } from './probe.ts';
import { ratioTo } from './ratios.ts';
import { shown, writeReport } from './report.ts';
import { readResults, writeResults, type Measured } from './results.ts';
import type { RunOptions } from './rounds.ts';

// `npm run bench` measures Errand and its peers on the same machine in the same run, and writes docs/benchmarks. With `--against`, it
// compares the working tree with a commit and writes nothing.

const DEFAULT_ROUNDS = 5;

/** Exit codes other than 0. */
const FAILED = 1;
const MISUSED = 2;
const INTERRUPTED = 130;

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // A second signal ends the process immediately. The stores stop by themselves when they notice that this process has ended.
    if (interrupted.signal.aborted) process.exit(INTERRUPTED);
    interrupted.abort();
    print('Interrupted: stopping the running benchmark');
  });
}

try {
  process.exitCode = (await run(readArguments(process.argv.slice(2), FIGURES))) ? 0 : FAILED;
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

/** @returns false if a comparison found a figure that got worse or could not be measured */
async function run({ figures, against, rounds, quick, list }: Arguments): Promise<boolean> {
  if (list) {
    print(figureList());
    return true;
  }
  const machine = await thisMachine();
  print(
    `${machine.processor}, ${machine.cores} cores, ${machine.memory_gb} GB, ${machine.system}, Node ${machine.node}; load ${load().toFixed(1)}`,
  );
  const common = { quick, signal: interrupted.signal, tell: print };
  if (against !== undefined) {
    return runComparison(against, probesOf(figures ?? [...FIGURES.values()]), { ...common, rounds });
  }
  if (process.platform !== 'linux') throw new Error('The benchmarks need Linux, because they read /proc.');
  const options = { ...common, rounds: rounds ?? (quick ? 1 : DEFAULT_ROUNDS) };
  const measured = await measureAll(figures ?? WHOLE_RUN, options);
  if (quick) return true;
  const results = inOrder([...withoutRepeated(await readResults(), measured), ...measured]);
  await writeResults(results);
  await writeReport(results);
  print('Written: docs/benchmarks.md, docs/benchmarks/');
  return true;
}

async function measureAll(figures: readonly Figure[], options: RunOptions): Promise<Measured[]> {
  const measured: Measured[] = [];
  const machine = await thisMachine();
  const date = new Date().toISOString().slice(0, 10);
  const load_before = load();
  for (const figure of figures) {
    const startedAt = performance.now();
    print(`\n${figure.name}`);
    const readings = await figure.measure(options);
    for (const each of readings) print(lineOf(each));
    for (const line of ratioLines(readings)) print(line);
    print(`${figure.name} took ${Math.round((performance.now() - startedAt) / 1000)} s`);
    measured.push({ figure: figure.name, date, rounds: options.rounds, load_before, machine, readings });
  }
  return measured;
}

/** Lists the figures. Each line contains a figure's name, the number of rounds in a comparison, and what the figure measures. */
function figureList(): string {
  const lines = [...FIGURES.values()].map(({ name, probes, about }) => {
    const rounds = [...new Set(probes.map((probe) => probe.rounds))].join('/');
    return [name, rounds === '' ? 'none: calls code in the working tree' : rounds, about] as const;
  });
  return [['figure', 'rounds of --against', 'what is measured'] as const, ...lines]
    .map(([name, rounds, about]) => `${name.padEnd(18)}${rounds.padEnd(41)}${about}`)
    .join('\n');
}

/**
 * Returns the earlier results that are still valid. If a figure was measured again, all its earlier readings are dropped, because readings
 * may have been renamed. Earlier readings that have been measured again as part of another figure are dropped too.
 */
function withoutRepeated(earlier: readonly Measured[], now: readonly Measured[]): Measured[] {
  const repeated = new Set(now.flatMap(({ readings }) => readings.map(({ what }) => what)));
  const figures = new Set(now.map(({ figure }) => figure));
  return earlier
    .filter(({ figure }) => !figures.has(figure))
    .map((measured) => ({
      ...measured,
      readings: measured.readings.filter(({ what }) => !repeated.has(what)),
    }))
    .filter(({ readings }) => readings.length > 0);
}

function lineOf({ what, subject, unit, summary, target }: Reading): string {
  const [low, high] = summary.spread;
  const missed = target && !keeps(target, summary.median) ? '  MISSED' : '';
  return `  ${what.padEnd(62)}${subject.padEnd(16)}${shown(summary.median).padStart(8)} ${unit} (${shown(low)}–${shown(high)})${missed}`;
}

/** Returns one line for each ratio that has a target. */
function ratioLines(readings: readonly Reading[]): string[] {
  return readings.flatMap((ours) =>
    (ours.ratios ?? []).flatMap((target) => {
      const peer = readings.find(({ what, subject }) => what === ours.what && subject === target.to);
      if (!peer) return [];
      const { median } = ratioTo(peer, ours);
      const missed = keeps(target, median) ? '' : '  MISSED';
      return `  ${ours.what.padEnd(62)}${`Errand / ${target.to}`.padEnd(26)}${shown(median).padStart(8)}${missed}`;
    }),
  );
}

function inOrder(results: readonly Measured[]): Measured[] {
  const names = [...FIGURES.keys()];
  return results.toSorted((a, b) => names.indexOf(a.figure) - names.indexOf(b.figure));
}

/** Reports the error, and returns the exit code. */
function exitCodeOf(error: unknown): number {
  if (interrupted.signal.aborted) return INTERRUPTED;
  // commander has already printed its message or the help. Asking for help is not an error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : MISUSED;
  const { message, stack } = error as Error;
  process.stderr.write(`${error instanceof UsageError ? message : (stack ?? message)}\n`);
  return error instanceof UsageError ? MISUSED : FAILED;
}

/** The machine's load average over the last minute. It is near 0 if the machine is idle. */
function load(): number {
  return os.loadavg()[0] ?? 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
