import { App } from 'aws-cdk-lib/core';
import { Template } from 'aws-cdk-lib/assertions';
import { Command } from 'commander';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import cdk from '../../cdk.json' with { type: 'json' };
import { MAX_BATCH } from '../../lambdas/api/operations/jobs/create-jobs.ts';
import { DATA_API_MS, RESUME_SECONDS } from '../../lambdas/job/aurora-times.ts';
import { ErrandStack } from '../../lib/errand-stack.ts';
import { readSettings, SettingsError } from '../../lib/settings/read-settings.ts';
import { count, seconds } from '../arguments.ts';
import { simulateBurst } from '../simulation/burst.ts';
import { STATEMENT } from '../simulation/database.ts';
import { alternatives } from './alternatives.ts';
import { awakeItem, idleItems, jobItems, metricsItem, scheduleItem, total, type Item } from './bill.ts';
import { PRICES_DATE } from './prices.ts';
import { stackFacts, type CostedTemplate, type StackFacts } from './stack-facts.ts';
import { ASSUMPTIONS, type Workload } from './workload.ts';

// `npm run cost` computes the monthly cost of jobs, on the stack with your settings and on other services.

/** The schedule intervals, in minutes, whose effect on Aurora's cost is printed. */
const INTERVALS = [5, 15, 60, 1440];

interface Options extends Omit<Workload, 'batch'> {
  readonly batch?: number;
  readonly json?: boolean;
}

const program = new Command('cost')
  .description('Computes the cost of a month of jobs, on the stack with your settings and on other services.')
  .option('--jobs <n>', 'jobs in the month', count(1, 1e12), 1_000_000)
  .option('--seconds <s>', 'how long a handler runs', seconds, 0.1)
  .option('--batch <n>', 'jobs per worker execution (default: JOB_BATCH_SIZE)', count(1, 10_000))
  .option('--submit-batch <n>', 'jobs per request', count(1, MAX_BATCH), 1)
  .option('--row-kilobytes <kb>', "size of a job's payload and result", seconds, 1)
  .option('--reads <n>', 'how often the client reads each job', seconds, 1)
  .option('--firings <n>', 'how many of the jobs are submitted by a schedule', count(0, 1e12), 0)
  .option('--types <n>', 'job types in use, for METRICS=types', count(1, 1e6), 1)
  .option('--callers <n>', 'callers, each with its own API key', count(1, 1e6), 1)
  .option('--data-api-ms <ms>', 'how long a Data API call takes', seconds, DATA_API_MS.typical)
  .option('--json', 'write JSON')
  .parse();

try {
  const { batch, json, ...asked } = program.opts<Options>();
  if (asked.firings > asked.jobs)
    program.error(
      `--firings ${asked.firings} must not exceed --jobs ${asked.jobs}, which includes the firings.`,
    );
  const stack = readStack(batch);
  const work: Workload = { ...asked, batch: stack.batchSize };
  const bill = billOf(stack, work);
  process.stdout.write(json ? `${JSON.stringify(bill, undefined, 2)}\n` : report(work, bill));
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

/** Reads the facts about the stack that the current settings deploy. The stack is synthesized without bundling the functions. */
function readStack(batch: number | undefined): StackFacts {
  const environment = batch === undefined ? process.env : { ...process.env, JOB_BATCH_SIZE: String(batch) };
  const outdir = mkdtempSync(path.join(os.tmpdir(), 'errand-cost-'));
  try {
    const app = new App({ outdir, context: { ...cdk.context, 'aws:cdk:bundling-stacks': [] } });
    const settings = readSettings(environment, cdk.context);
    const stack = new ErrandStack(app, settings.stackName, settings);
    return stackFacts(Template.fromStack(stack).toJSON() as CostedTemplate);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function billOf(stack: StackFacts, work: Workload) {
  const { drainSeconds } = simulateBurst({
    jobs: Math.min(work.jobs, 1_000_000),
    seconds: work.seconds,
    concurrency: stack.concurrency ?? 1000,
    batch: work.batch,
    visibilityTimeout: 60,
    crashShare: 0,
    maxAttempts: 1,
    database: {
      minimumCapacity: stack.minimumCapacity ?? 1,
      maximumCapacity: stack.maximumCapacity ?? 1,
      ...STATEMENT,
      roundTripMilliseconds: work.dataApiMs,
      resumeSeconds: RESUME_SECONDS.typical,
    },
    seed: 1,
  });
  const burstSeconds = drainSeconds * Math.max(1, work.jobs / 1_000_000);
  return {
    prices: PRICES_DATE,
    idle: idleItems(stack),
    idleWithoutFreeTier: idleItems(stack, { alarmMetrics: 0, dashboards: 0 }),
    jobs: jobItems(stack, work),
    awake: {
      burst: awakeItem(stack, 'burst', burstSeconds),
      spread: awakeItem(stack, 'spread', 0),
    },
    metrics: {
      burst: metricsItem(stack, work, 'burst', burstSeconds),
      spread: metricsItem(stack, work, 'spread', 0),
    },
    schedules: INTERVALS.map((minutes) => scheduleItem(stack, minutes)),
    alternatives: alternatives(stack, work),
    assumptions: ASSUMPTIONS,
  };
}

function report(work: Workload, bill: ReturnType<typeof billOf>): string {
  const { idle, jobs, awake, metrics } = bill;
  const burst = total([...idle, ...jobs, awake.burst, metrics.burst]);
  const spread = total([...idle, ...jobs, awake.spread, metrics.spread]);
  return [
    `${work.jobs.toLocaleString('en-US')} jobs a month of ${work.seconds} s each, ${work.batch} per execution, ${work.submitBatch} per request; list prices of ${bill.prices}, us-east-1, no free tier except CloudWatch's for alarms and dashboards.`,
    ...section('Idle, a month', idle),
    line('Idle, if others use up that free tier', dollars(total(bill.idleWithoutFreeTier))),
    ...section('The jobs', jobs),
    ...section('Aurora, all jobs in one burst', [awake.burst]),
    ...section('Aurora, jobs in every hour of the month', [awake.spread]),
    ...section('Metrics, all jobs in one burst', [metrics.burst]),
    ...section('Metrics, jobs in every hour of the month', [metrics.spread]),
    '',
    'Aurora, if only a schedule wakes it',
    ...bill.schedules.map(itemLine),
    '',
    line('Errand, one burst', dollars(burst)),
    line('Errand, in every hour', dollars(spread)),
    ...bill.alternatives.map(({ name, items }) => line(name, dollars(total(items)))),
    '',
    ...bill.alternatives.map(({ name, how }) => `${name}: ${how}.`),
    '',
    'Estimates that the template does not contain (tools/cost/workload.ts):',
    ...Object.entries(bill.assumptions).map(([name, value]) => `  ${name}: ${value}`),
    '',
  ].join('\n');
}

function section(title: string, items: readonly Item[]): string[] {
  const lines = items.filter(({ quantity }) => quantity > 0).map(itemLine);
  return ['', line(title, dollars(total(items))), ...(items.length > 1 ? lines : [])];
}

function itemLine({ name, dollars: amount, quantity, unit }: Item): string {
  return line(`  ${name}`, dollars(amount), `${Math.round(quantity).toLocaleString('en-US')} ${unit}`);
}

function line(name: string, amount: string, detail = ''): string {
  return `${name.padEnd(42)}${amount.padStart(12)}   ${detail}`.trimEnd();
}

function dollars(amount: number): string {
  return `$${amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}
