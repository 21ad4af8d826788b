import path from 'node:path';
import { figureOf, type PeerProbe } from '../figure.ts';
import type { Bundle, BundleName } from '../lambda/bundles.ts';
import { BATCHES_OF_TEN, startCannedAws } from '../lambda/canned-aws.ts';
import {
  buildPeerFunction,
  PEER_FUNCTIONS,
  type BuiltBundle,
  type PeerFunction,
} from '../lambda/peer-functions.ts';
import { runChild } from '../lambda/run-child.ts';
import type { OpenProbe, Probe, Read } from '../probe.ts';
import type { RunOptions } from '../rounds.ts';

const CHILD = path.resolve(import.meta.dirname, '../lambda/cpu-child.mjs');

/** The number of invocations. During the warm-up, V8 compiles the code. */
const INVOCATIONS = { warmUp: 1_000, measured: 2_000 };
/** The number of invocations if each processes a batch of 100 jobs. */
const LARGE_INVOCATIONS = { warmUp: 100, measured: 200 };

interface Case {
  /** The case in lambda/events.mjs. */
  readonly event: string;
  /** Jobs per invocation. */
  readonly jobs: number;
  /** Environment variables that override the bundle's own variables and those of the canned AWS. */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default INVOCATIONS */
  readonly invocations?: typeof INVOCATIONS;
  readonly reads: Readonly<Record<'ms' | 'calls', Read>>;
}

interface ErrandCase extends Case {
  readonly bundle: BundleName;
}

/**
 * Measures the CPU milliseconds (user and system) per job in the warm, deployed bundle. The bundle calls a canned AWS, which speaks plain HTTP in
 * another process. The canned AWS also counts the AWS calls per job.
 */
function cpuProbe(name: string, each: ErrandCase): Probe {
  return {
    name,
    rounds: 5,
    reads: each.reads,
    open: async (project, options) => openCase((await project.bundles())[each.bundle], each, options),
  };
}

/** @param bundle the bundle to measure; disposed afterwards if it is disposable */
async function openCase(
  bundle: Bundle | BuiltBundle,
  { event, jobs, environment, invocations: { warmUp, measured } = INVOCATIONS }: Case,
  { quick, signal }: RunOptions,
): Promise<OpenProbe> {
  await using opened = new AsyncDisposableStack();
  if (Symbol.asyncDispose in bundle) opened.use(bundle);
  const aws = await startCannedAws(undefined);
  opened.defer(() => aws.end());
  const owned = opened.move();
  return {
    async measure() {
      const invocations = [warmUp, measured].map((times) => (quick ? times / 20 : times));
      const callsBefore = await aws.calls();
      const { written } = await runChild(
        [CHILD, bundle.entry, event, ...invocations.map(String)],
        { ...bundle.environment, ...aws.environment, ...environment },
        signal,
      );
      const { user, system } = JSON.parse(written) as { user: number; system: number };
      const calls = (await aws.calls()) - callsBefore;
      const invoked = invocations.reduce((sum, times) => sum + times);
      return { ms: (user + system) / jobs, calls: calls / invoked / jobs };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** @param job a description of the measured job and the function */
function readsOf(job: string, targets: Pick<Read, 'target' | 'ratios'>): Case['reads'] {
  return {
    ms: { what: `processor time of ${job}`, unit: 'ms', better: 'lower', ...targets },
    calls: { what: `AWS calls of ${job}`, unit: 'calls', better: 'lower' },
  };
}

const ACCEPT: Case = {
  event: 'api',
  jobs: 1,
  reads: readsOf('an accepted job in the api', {
    ratios: [
      { to: PEER_FUNCTIONS.usual, atMost: 0.5 },
      { to: PEER_FUNCTIONS['by-hand'], atMost: 1.3 },
    ],
  }),
};

const cpuProbes: readonly Probe[] = [
  cpuProbe('cpu-api', { ...ACCEPT, bundle: 'api' }),
  cpuProbe('cpu-api-batch', {
    event: 'api-100',
    bundle: 'api',
    jobs: 100,
    invocations: LARGE_INVOCATIONS,
    reads: readsOf('an accepted job in the api, in a batch of 100', { target: { atMost: 0.15 } }),
  }),
  cpuProbe('cpu-worker', {
    event: 'worker',
    bundle: 'worker',
    jobs: 1,
    reads: readsOf('a no-op job in the worker', { target: { atMost: 1.2 } }),
  }),
  cpuProbe('cpu-worker-batch', {
    event: 'worker-10',
    bundle: 'worker',
    jobs: 10,
    environment: BATCHES_OF_TEN,
    reads: readsOf('a no-op job in the worker, in a batch of ten', { target: { atMost: 0.3 } }),
  }),
];

function peerProbe(name: PeerFunction): PeerProbe {
  return {
    subject: PEER_FUNCTIONS[name],
    probe: {
      name: 'cpu-api',
      reads: ACCEPT.reads,
      open: async (options) => openCase(await buildPeerFunction(name, options.tell), ACCEPT, options),
    },
  };
}

export const cpu = figureOf('cpu', cpuProbes, [peerProbe('usual'), peerProbe('by-hand')]);
