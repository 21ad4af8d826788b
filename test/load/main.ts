import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createErrand } from 'errand-client';
import type { Sandbox } from '../helpers/cloud.ts';
import { startService, type ServiceProcess } from '../../tools/service-process.ts';
import { growthOf, type Growth } from './growth.ts';
import { operations, seededRandom } from './operations.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { sampleProcesses, type Sample } from './process-samples.ts';
import { submitLoad } from './submit-load.ts';

// Runs `npm run load -- --jobs 20000`. Sends many jobs through the embedded cloud in one run. The exit code is 1 if a job was lost, stuck, doubled or
// wrong, or if memory, descriptors or processes grew.

const USAGE = `npm run load -- [--jobs 20000] [--concurrency 50] [--batch-size 1] [--seed 1] [--json report.json]

  --jobs         how many jobs, each with an object_id of its own; a tenth more submissions are duplicates
  --concurrency  how many requests are under way at a time
  --batch-size   the deployment's JOB_BATCH_SIZE, 1 to 10
  --seed         which objects are submitted together, and again
  --json         also writes the report to this file`;

/** The time between two samples of the processes, in milliseconds. */
const SAMPLE_MS = 500;

/**
 * The fraction of a run's jobs that must have ended before sampling begins. Until then, processes are still starting and caches are still filling.
 */
const WARM_UP = 0.15;

/** The minimum number of jobs for which growth is checked. In smaller runs, the processes are still warming up, so their growth is only shown. */
const JUDGED_FROM = 5_000;

interface Settings {
  jobs: number;
  concurrency: number;
  batchSize: number;
  seed: number;
  json: string | undefined;
}

interface Report {
  jobs: number;
  batch_size: number;
  seed: number;
  seconds: number;
  jobs_per_second: number;
  submissions: number;
  batches: number;
  outcome: Outcome;
  first_refusals: readonly string[];
  samples: number;
  growth: readonly Growth[];
}

const settings = readSettings();
const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-load-'));
const service = await startService({
  ERRAND_DATA_DIR: dataDir,
  JOB_BATCH_SIZE: String(settings.batchSize),
});
try {
  const report = await run(service, settings);
  if (settings.json !== undefined) await writeFile(settings.json, `${JSON.stringify(report, null, 2)}\n`);
  process.stdout.write(`${textOf(report)}\n`);
  process.exitCode = isGood(report) ? 0 : 1;
} finally {
  await service.end('SIGTERM');
  await rm(dataDir, { recursive: true, force: true });
}

async function run({ pid, url, awsEndpointUrl }: ServiceProcess, settings: Settings): Promise<Report> {
  const { jobs, concurrency, batchSize, seed } = settings;
  const errand = createErrand({ url, retries: 0 });
  const samples: Sample[] = [];
  const over = new AbortController();
  let ended = 0;
  const sampling = (async () => {
    while (!over.signal.aborted) {
      const sample = await sampleService(pid, awsEndpointUrl);
      if (ended >= jobs * WARM_UP && ended < jobs) samples.push(sample);
      await wait(SAMPLE_MS, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();

  const startedAt = performance.now();
  const submitted = await submitLoad({
    errand,
    operations: operations(jobs, seededRandom(seed)),
    concurrency,
    onProgress: (now) => {
      ended = now;
      showProgress(ended, jobs, performance.now() - startedAt);
    },
  });
  const seconds = (performance.now() - startedAt) / 1000;
  over.abort();
  await sampling;
  hideProgress();
  return {
    jobs,
    batch_size: batchSize,
    seed,
    seconds: Math.round(seconds * 10) / 10,
    jobs_per_second: Math.round(jobs / seconds),
    submissions: submitted.submissions,
    batches: submitted.batches,
    outcome: await outcomeOf(errand, submitted),
    first_refusals: submitted.refused.slice(0, 5),
    samples: samples.length,
    growth: growthOf(samples),
  };
}

async function sampleService(pid: number, awsEndpointUrl: string): Promise<Sample> {
  const { sandboxes } = (await (await fetch(`${awsEndpointUrl}/_errand/sandboxes`)).json()) as {
    sandboxes: Sandbox[];
  };
  // Shortens a function's name: `Errand-ErrandApiFunction852FB786` → `api sandbox`.
  const names = new Map(
    sandboxes.map((sandbox) => [sandbox.pid, /Errand(\w+?)Function[0-9A-F]{8}$/.exec(sandbox.function)?.[1]]),
  );
  return sampleProcesses(pid, (member, commandLine) => {
    if (member === pid) return 'embedded cloud';
    if (commandLine.includes('postgres')) return 'postgres';
    const name = names.get(member);
    return name === undefined ? 'sandbox that comes or goes' : `${name.toLowerCase()} sandbox`;
  });
}

function isGood({ jobs, outcome, growth, samples }: Report): boolean {
  const { succeeded, lost, stuck, doubled, wrong } = outcome;
  const isFlat = samples > 0 && !growth.some(({ grows }) => grows);
  return succeeded === jobs && lost + stuck + doubled + wrong === 0 && (isFlat || jobs < JUDGED_FROM);
}

function textOf(report: Report): string {
  const { outcome, growth } = report;
  // The output shows all groups, but only the processes that grow. The JSON report contains every process.
  const shown = growth.filter(({ what, grows }) => grows || !what.includes('(process '));
  const lines = shown.map(({ what, unit, first, last, limit, grows }) => {
    const [before, after, most] = [first, last, limit].map((value) => value.toFixed(1).padStart(8));
    return `  ${what.padEnd(44)}${before} →${after}  (at most${most})${unit === 'MiB' ? ' MiB' : ''}${grows ? '  GROWS' : ''}`;
  });
  return [
    `${report.jobs} jobs in ${report.seconds} s, ${report.jobs_per_second} a second; ${report.submissions} submissions, ` +
      `${report.batches} of the requests batches; JOB_BATCH_SIZE=${report.batch_size}, seed ${report.seed}`,
    `succeeded ${outcome.succeeded}, lost ${outcome.lost}, stuck ${outcome.stuck}, doubled ${outcome.doubled}, wrong ${outcome.wrong}`,
    ...report.first_refusals.map((refusal) => `  refused: ${refusal}`),
    `Means of the first and of the last quarter of ${report.samples} samples:`,
    ...lines,
    verdictOf(report),
  ].join('\n');
}

function verdictOf(report: Report): string {
  if (!isGood(report)) return 'NOT GOOD: see above.';
  return report.jobs < JUDGED_FROM
    ? `Nothing is lost. Growth is judged from ${JUDGED_FROM} jobs on.`
    : 'Nothing is lost, nothing grows.';
}

function showProgress(ended: number, jobs: number, elapsedMs: number): void {
  if (!process.stderr.isTTY) return;
  const done = Math.min(1, ended / jobs);
  const bar = '█'.repeat(Math.round(done * 30)).padEnd(30, '░');
  const rate = Math.round(ended / Math.max(1, elapsedMs / 1000));
  process.stderr.write(`\r\u001b[K${bar} ${ended}/${jobs} jobs, ${rate}/s`);
}

function hideProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}

/** Parses the arguments. An invalid argument ends the process with exit code 2. */
function readSettings(): Settings {
  try {
    const { values } = parseArgs({
      options: {
        jobs: { type: 'string', default: '20000' },
        concurrency: { type: 'string', default: '50' },
        'batch-size': { type: 'string', default: '1' },
        seed: { type: 'string', default: '1' },
        json: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
    if (values.help) throw new Error('');
    return {
      jobs: whole('jobs', values.jobs, 100, 1_000_000),
      concurrency: whole('concurrency', values.concurrency, 1, 500),
      batchSize: whole('batch-size', values['batch-size'], 1, 10),
      seed: whole('seed', values.seed, 0, 0xffffffff),
      json: values.json,
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    process.exit(2);
  }
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}.`);
}
