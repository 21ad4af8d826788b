import os from 'node:os';
import { parseArgs } from 'node:util';
import { keeps, type Figure, type Reading, type RunOptions } from './figure.ts';
import { analyze } from './figures/analyze.ts';
import { bundles } from './figures/bundles.ts';
import { coldStart } from './figures/cold-start.ts';
import { cpu } from './figures/cpu.ts';
import { reading } from './figures/reading.ts';
import { allServices, serviceFigures } from './figures/services.ts';
import { start } from './figures/start.ts';
import { thisMachine } from './machine.ts';
import { shown, writeReport } from './report.ts';
import { readResults, writeResults, type Measured } from './results.ts';

// `npm run bench`: measures Errand, and its peers on the same machine in the same run, and writes docs/benchmarks.

/** What a whole run measures, in this order. */
const FIGURES: readonly Figure[] = [allServices, start, coldStart, cpu, bundles, analyze, reading];

/** What else can be run by its name. */
const BY_NAME: ReadonlyMap<string, Figure> = new Map(
  [...FIGURES, ...serviceFigures].map((figure) => [figure.name, figure]),
);

const USAGE = `npm run bench -- [--only <figure>]… [--rounds 5] [--quick]

  --only    one of ${[...BY_NAME.keys()].join(', ')}
  --rounds  how often each subject has its turn
  --quick   one round of little work, to see that the benchmarks work; nothing is written`;

const { figures, rounds, quick } = readArguments();
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The second time somebody is in a hurry; stores notice the end of their parent.
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
    print('Interrupted: ending what runs');
  });
}

try {
  if (process.platform !== 'linux') throw new Error('The benchmarks read /proc: they need Linux.');
  const measured = await measureAll({ rounds, quick, signal: interrupted.signal, tell: print });
  if (!quick) {
    const kept = (await readResults()).filter(({ figure }) => !measured.some((now) => now.figure === figure));
    const results = inOrder([...kept, ...measured]);
    await writeResults(results);
    await writeReport(results);
    print('Written: docs/benchmarks.md, docs/benchmarks/');
  }
} catch (error) {
  process.stderr.write(interrupted.signal.aborted ? '' : `${(error as Error).stack ?? String(error)}\n`);
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
}

async function measureAll(options: RunOptions): Promise<Measured[]> {
  const measured: Measured[] = [];
  const machine = await thisMachine();
  print(
    `${machine.processor}, ${machine.cores} cores, ${machine.memory_gb} GB, ${machine.system}, Node ${machine.node}`,
  );
  const date = new Date().toISOString().slice(0, 10);
  const load_before = os.loadavg()[0] ?? 0;
  for (const figure of figures) {
    const startedAt = performance.now();
    print(`\n${figure.name}`);
    const readings = await figure.measure(options);
    for (const each of readings) print(lineOf(each));
    print(`${figure.name} took ${Math.round((performance.now() - startedAt) / 1000)} s`);
    measured.push({ figure: figure.name, date, rounds, load_before, machine, readings });
  }
  return measured;
}

function lineOf({ what, subject, unit, summary, target }: Reading): string {
  const [low, high] = summary.spread;
  const missed = target && !keeps(target, summary.median) ? '  MISSED' : '';
  return `  ${what.padEnd(62)}${subject.padEnd(16)}${shown(summary.median).padStart(8)} ${unit} (${shown(low)}–${shown(high)})${missed}`;
}

function inOrder(results: readonly Measured[]): Measured[] {
  const names = [...BY_NAME.keys()];
  return results.toSorted((a, b) => names.indexOf(a.figure) - names.indexOf(b.figure));
}

/** @throws ends the process with 2 for an argument that is none */
function readArguments(): { figures: readonly Figure[]; rounds: number; quick: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) throw new Error('');
    const rounds = Number(values.rounds ?? (values.quick ? '1' : '5'));
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number from 1.');
    const chosen = values.only?.map((name) => {
      const figure = BY_NAME.get(name);
      if (!figure) throw new Error(`There is no figure ${JSON.stringify(name)}.`);
      return figure;
    });
    return { figures: chosen ?? FIGURES, rounds, quick: values.quick };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    process.exit(2);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
