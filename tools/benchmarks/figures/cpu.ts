import path from 'node:path';
import { figureOf } from '../figure.ts';
import type { BundleName } from '../lambda/bundles.ts';
import { startCannedAws } from '../lambda/canned-aws.ts';
import { runChild } from '../lambda/run-child.ts';
import type { Probe } from '../probe.ts';

const CHILD = path.resolve(import.meta.dirname, '../lambda/cpu-child.mjs');

/** Warm-up invocations, in which V8 compiles, and measured invocations. */
const WARM_UP = 1_000;
const MEASURED = 2_000;

interface Case {
  /** Of lambda/events.mjs. */
  readonly event: string;
  readonly bundle: BundleName;
  /** In one invocation. */
  readonly jobs: number;
  readonly what: string;
  readonly atMost: number;
}

/**
 * CPU milliseconds, user and system, per job in the warm, deployed bundle, against a canned AWS over plain HTTP in another process.
 */
function cpuProbe(name: string, { event, bundle, jobs, what, atMost }: Case): Probe {
  return {
    name,
    rounds: 5,
    reads: { ms: { what, unit: 'ms', better: 'lower', target: { atMost } } },
    async open(project, { quick, signal }) {
      await using opened = new AsyncDisposableStack();
      const { folder, environment } = (await project.bundles())[bundle];
      const aws = await startCannedAws(undefined);
      opened.defer(() => aws.end());
      const owned = opened.move();
      return {
        async measure() {
          const invocations = [WARM_UP, MEASURED].map((times) => String(quick ? times / 20 : times));
          const { written } = await runChild(
            [CHILD, folder, event, ...invocations],
            { ...environment, ...aws.environment },
            signal,
          );
          const { user, system } = JSON.parse(written) as { user: number; system: number };
          return { ms: (user + system) / jobs };
        },
        [Symbol.asyncDispose]: () => owned.disposeAsync(),
      };
    },
  };
}

const cpuProbes: readonly Probe[] = [
  cpuProbe('cpu-api', {
    event: 'api',
    bundle: 'api',
    jobs: 1,
    what: 'processor time of an accepted job in the api',
    atMost: 1.5,
  }),
  cpuProbe('cpu-worker', {
    event: 'worker',
    bundle: 'worker',
    jobs: 1,
    what: 'processor time of a no-op job in the worker',
    atMost: 1.2,
  }),
  cpuProbe('cpu-worker-batch', {
    event: 'worker-10',
    bundle: 'worker',
    jobs: 10,
    what: 'processor time of a no-op job in the worker, in a batch of ten',
    atMost: 0.3,
  }),
];

export const cpu = figureOf('cpu', cpuProbes);
