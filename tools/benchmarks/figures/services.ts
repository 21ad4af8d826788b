import { openErrand } from '../contenders/errand.ts';
import { hasRedis, installPeers, onPostgres, onRedis } from '../contenders/peers.ts';
import type { StartService } from '../contenders/service.ts';
import { aboutOf, OURS, readingsOf, type Figure, type Reading } from '../figure.ts';
import type { Probe } from '../probe.ts';
import { WORKING_TREE } from '../project.ts';
import { interleave, type Measure, type RunOptions } from '../rounds.ts';
import type { Summary } from '../statistics.ts';
import { accepts, batches } from './accepting.ts';
import { endToEnd } from './end-to-end.ts';
import { latency } from './latency.ts';
import type { Workload } from './workload.ts';

/** Workloads with many delayed jobs come last, because their jobs stay in the stores while later workloads run. */
const WORKLOADS: readonly Workload[] = [latency, endToEnd, accepts, batches];

/** One figure per workload, for Errand and its peers. Each figure can run by itself. */
export const serviceFigures: readonly Figure[] = WORKLOADS.map((workload) => ({
  name: workload.name,
  about: aboutOf([workloadProbe(workload)]),
  probes: [workloadProbe(workload)],
  measure: (options) => compareWithPeers([workload], options),
}));

/** All workloads in one figure, which starts each service once per round. */
export const allServices: Figure = {
  name: 'services',
  about: WORKLOADS.map(({ name }) => name).join(', '),
  probes: WORKLOADS.map(workloadProbe),
  measure: (options) => compareWithPeers(WORKLOADS, options),
};

/** Measures a workload on Errand without its peers. Each round starts Errand with empty stores. */
export function workloadProbe(workload: Workload): Probe {
  const { name, reads, rounds, settings } = workload;
  return {
    name,
    reads,
    rounds,
    async open(project, options) {
      const errand = await openErrand(project.folder, settings);
      return {
        async measure() {
          const service = await errand.start(options.signal);
          try {
            return await workload.run(service, options);
          } finally {
            await service.end();
          }
        },
        [Symbol.asyncDispose]: () => errand[Symbol.asyncDispose](),
      };
    },
  };
}

async function compareWithPeers(workloads: readonly Workload[], options: RunOptions): Promise<Reading[]> {
  await installPeers(options.tell);
  const peers: Record<string, StartService> = {
    'pg-boss': onPostgres('pg-boss.mjs'),
    'graphile-worker': onPostgres('graphile-worker.mjs'),
  };
  if (await hasRedis()) peers.BullMQ = onRedis('bullmq.mjs');
  else
    options.tell(
      'BullMQ is skipped, because redis-server is not installed (Debian: apt-get install redis-server)',
    );

  const subjects: Record<string, Measure> = {
    [OURS]: () => measureErrand(workloads, options),
  };
  for (const [name, start] of Object.entries(peers)) {
    subjects[name] = () => measureOn(start, workloads, options);
  }
  const measured = await interleave(subjects, options);
  return [...measured].flatMap(([subject, values]) =>
    workloads.flatMap((workload) => readingsOf(subject, workload.reads, valuesOf(workload, values))),
  );
}

async function measureErrand(workloads: readonly Workload[], options: RunOptions) {
  const measured: Record<string, number> = {};
  for (const group of Map.groupBy(workloads, ({ settings }) => JSON.stringify(settings)).values()) {
    await using errand = await openErrand(WORKING_TREE, group[0]?.settings);
    Object.assign(measured, await measureOn((signal) => errand.start(signal), group, options));
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

/** Returns the values of one workload, with the same keys as in the workload's `reads`. */
function valuesOf({ name, reads }: Workload, values: ReadonlyMap<string, Summary>): Map<string, Summary> {
  return new Map(
    Object.keys(reads).flatMap((key) => {
      const summary = values.get(`${name} ${key}`);
      return summary ? [[key, summary] as const] : [];
    }),
  );
}
