import { errand } from '../contenders/errand.ts';
import { hasRedis, installPeers, onPostgres, onRedis } from '../contenders/peers.ts';
import type { StartService } from '../contenders/service.ts';
import type { Figure, Reading, RunOptions } from '../figure.ts';
import { interleave, type Measure } from '../rounds.ts';
import type { Summary } from '../statistics.ts';
import { accepts, batches } from './accepting.ts';
import { endToEnd } from './end-to-end.ts';
import { latency } from './latency.ts';
import type { Workload } from './workload.ts';

/** Many jobs come last: they stay in the stores, to run in ten minutes. */
const WORKLOADS: readonly Workload[] = [latency, endToEnd, accepts, batches];

/** What Errand is deployed with beside its defaults, for a workload; those with the same settings share a start. */
const ERRAND_SETTINGS: Readonly<Record<string, Record<string, string>>> = {
  [endToEnd.name]: { JOB_BATCH_SIZE: '10' },
};

/** Errand and its peers under one workload each: one figure to run alone. */
export const serviceFigures: readonly Figure[] = WORKLOADS.map((workload) => ({
  name: workload.name,
  measure: (options) => compare([workload], options),
}));

/** All of them, for which a service is started once a round. */
export const allServices: Figure = {
  name: 'services',
  measure: (options) => compare(WORKLOADS, options),
};

async function compare(workloads: readonly Workload[], options: RunOptions): Promise<Reading[]> {
  await installPeers(options.tell);
  const peers: Record<string, StartService> = {
    'pg-boss': onPostgres('pg-boss.mjs'),
    'graphile-worker': onPostgres('graphile-worker.mjs'),
  };
  if (await hasRedis()) peers.BullMQ = onRedis('bullmq.mjs');
  else options.tell('BullMQ is left out: there is no redis-server (Debian: apt-get install redis-server)');

  const subjects: Record<string, Measure> = {
    Errand: () => measureErrand(workloads, options),
  };
  for (const [name, start] of Object.entries(peers)) {
    subjects[name] = () => measureOn(start, workloads, options);
  }
  const measured = await interleave(subjects, options);
  return [...measured].flatMap(([subject, values]) =>
    workloads.flatMap((workload) => readingsOf(subject, workload, values)),
  );
}

async function measureErrand(workloads: readonly Workload[], options: RunOptions) {
  const bySettings = Map.groupBy(workloads, ({ name }) => JSON.stringify(ERRAND_SETTINGS[name] ?? {}));
  const measured: Record<string, number> = {};
  for (const [settings, group] of bySettings) {
    const start = errand(JSON.parse(settings) as Record<string, string>);
    Object.assign(measured, await measureOn(start, group, options));
  }
  return measured;
}

async function measureOn(
  start: StartService,
  workloads: readonly Workload[],
  options: RunOptions,
): Promise<Record<string, number>> {
  const service = await start(options.signal);
  try {
    const measured: Record<string, number> = {};
    for (const workload of workloads) {
      const values = await workload.run(service, options);
      for (const [key, value] of Object.entries(values)) measured[`${workload.name} ${key}`] = value;
    }
    return measured;
  } finally {
    await service.end();
  }
}

function readingsOf(subject: string, { name, reads }: Workload, values: Map<string, Summary>): Reading[] {
  return Object.entries(reads).map(([key, { what, unit, target }]) => {
    const summary = values.get(`${name} ${key}`);
    if (!summary) throw new Error(`${subject} was not measured: ${what}.`);
    return { what, subject, unit, summary, ...(target && subject === 'Errand' && { target }) };
  });
}
