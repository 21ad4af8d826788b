import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { count } from '../../arguments.ts';
import { PRICES } from '../../cost/prices.ts';
import { synthesizeBundles, type BundleName } from '../lambda/bundles.ts';
import { BATCHES_OF_TEN, startCannedAws } from '../lambda/canned-aws.ts';
import { runChild } from '../lambda/run-child.ts';
import { median, quantile } from '../statistics.ts';
import { openProcessorShare } from './processor-share.ts';

// `npm run bench:memory` finds the memory size at which the api and the worker are cheapest. docs/scaling.md has the table.

/**
 * The memory size at which a function gets one full vCPU. A function with less memory gets a proportional share of a vCPU
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
 */
const FULL_VCPU_MB = 1_769;

const SIZES_MB = [128, 256, 512, 768, 1_024, FULL_VCPU_MB];

const CHILD = path.resolve(import.meta.dirname, 'function-child.mjs');

/** The number of invocations. V8 compiles the code during the warm-up. */
const INVOCATIONS = { warmUp: 100, measured: 100 };

interface MeasuredCase {
  readonly bundle: BundleName;
  readonly event: string;
  readonly jobs: number;
  readonly title: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The measured cases, with events from lambda/events.mjs. */
const CASES: readonly MeasuredCase[] = [
  { bundle: 'api', event: 'api', jobs: 1, title: 'api, one job per request' },
  { bundle: 'api', event: 'api-100', jobs: 100, title: 'api, a batch of 100 jobs' },
  { bundle: 'worker', event: 'worker', jobs: 1, title: 'worker, one job that does nothing' },
  {
    bundle: 'worker',
    event: 'worker-10',
    jobs: 10,
    title: 'worker, ten jobs that do nothing',
    environment: BATCHES_OF_TEN,
  },
];

/** The output of function-child.mjs. */
interface Life {
  readonly start_ms: number;
  readonly warm_ms: readonly number[];
  readonly processor_ms: number;
  readonly resident_mb: number;
}

const { rounds, callMs } = new Command('bench:memory')
  .description('Measures the api and the worker with the CPU share that Lambda gives each memory size.')
  .option('--rounds <n>', 'process starts per function and memory size', count(1, 100), 5)
  .option('--call-ms <n>', 'milliseconds that each AWS call takes', count(0, 1_000), 5)
  .parse()
  .opts<{ rounds: number; callMs: number }>();

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    interrupted.abort();
  });

await using opened = new AsyncDisposableStack();
const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-bench-memory-'));
opened.defer(() => rm(folder, { recursive: true, force: true }));
const bundles = await synthesizeBundles(
  path.resolve(import.meta.dirname, '../../..'),
  path.join(folder, 'cdk.out'),
  interrupted.signal,
);
const aws = await startCannedAws(folder, callMs);
opened.defer(() => aws.end());

print(`Each AWS call takes ${callMs} ms, over TLS; median of ${rounds} process starts, in turns.\n`);
print(
  '| function | memory, MB | start, ms | p50, ms | p99, ms | processor, ms | resident, MB | $ a million jobs |',
);
print('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const measured of CASES) {
  const lives = new Map(SIZES_MB.map((size) => [size, [] as Life[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const size of SIZES_MB) lives.get(size)?.push(await live(measured, size));
  }
  for (const [size, ofSize] of lives) print(row(measured, size, ofSize));
}

async function live({ bundle, event, environment }: MeasuredCase, size: number): Promise<Life> {
  await using share = await openProcessorShare(String(size), Math.min(1, size / FULL_VCPU_MB));
  const { written } = await runChild(
    [CHILD, bundles[bundle].entry, event, String(INVOCATIONS.warmUp), String(INVOCATIONS.measured)],
    { ...bundles[bundle].environment, ...aws.environment, ...environment },
    interrupted.signal,
    share.command,
  );
  return JSON.parse(written) as Life;
}

function row({ title, jobs }: MeasuredCase, size: number, lives: readonly Life[]): string {
  const of = (read: (life: Life) => number): number => median(lives.map(read));
  // Lambda bills whole milliseconds.
  const billedMs = of(({ warm_ms: warm }) => warm.reduce((sum, ms) => sum + Math.ceil(ms), 0) / warm.length);
  const dollars = (billedMs / 1_000) * (size / 1_024) * PRICES.lambdaGigabyteSecond * (1_000_000 / jobs);
  const cells = [
    size.toLocaleString('en-US'),
    of(({ start_ms: ms }) => ms).toFixed(0),
    of(({ warm_ms: warm }) => quantile(warm, 0.5)).toFixed(1),
    of(({ warm_ms: warm }) => quantile(warm, 0.99)).toFixed(1),
    of(({ processor_ms: ms }) => ms).toFixed(2),
    of(({ resident_mb: mb }) => mb).toFixed(0),
    dollars.toFixed(3),
  ];
  return `| ${title} | ${cells.join(' | ')} |`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
