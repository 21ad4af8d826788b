import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { figureOf, type PeerProbe } from '../figure.ts';
import type { Bundle } from '../lambda/bundles.ts';
import { startCannedAws } from '../lambda/canned-aws.ts';
import { buildPeerFunction, PEER_FUNCTIONS, type PeerFunction } from '../lambda/peer-functions.ts';
import { runChild } from '../lambda/run-child.ts';
import type { OpenProbe, Probe, RatioTarget } from '../probe.ts';
import type { RunOptions } from '../rounds.ts';
import { median } from '../statistics.ts';

const CHILD = path.resolve(import.meta.dirname, '../lambda/cold-start-child.mjs');

/** The number of starts per case and round. One start would not be enough, because some starts take 50 % longer than the usual 0.1 s. */
const STARTS = 9;

/** The name of the case in which Node starts without a script. */
const EMPTY = 'empty';

/** The times of one start. On a busy machine, the CPU times are more reliable than `wall`. */
interface Start {
  readonly wall: number;
  readonly processor: number;
  /**
   * The CPU time of the first invocation. In Lambda, everything before the first invocation belongs to the init phase, in which the function has
   * a whole core.
   */
  readonly first: number;
}

/** Functions by case name (lambda/events.mjs). */
type Functions = Readonly<Record<string, Bundle>>;

const RATIOS: readonly RatioTarget[] = [
  { to: PEER_FUNCTIONS.usual, atMost: 0.5 },
  { to: PEER_FUNCTIONS['by-hand'], atMost: 1.3 },
];

const API_READS: Probe['reads'] = {
  'api wall': {
    what: 'cold start of the api, above an empty node',
    unit: 'ms',
    better: 'lower',
    ratios: RATIOS,
  },
  'api processor': {
    what: 'cold start of the api, processor time above an empty node',
    unit: 'ms',
    better: 'lower',
    ratios: RATIOS,
  },
  'api first': {
    what: 'first invocation of the api, processor time',
    unit: 'ms',
    better: 'lower',
  },
};

/**
 * Measures how long a process takes to import the deployed bundle and respond to its first invocation, in milliseconds. Node's startup time
 * without a script is subtracted. Each AWS call opens a separate TLS connection.
 */
const coldStartProbe: Probe = {
  name: 'cold-start',
  rounds: 7,
  reads: {
    ...API_READS,
    'worker wall': {
      what: 'cold start of the worker, above an empty node',
      unit: 'ms',
      better: 'lower',
      target: { atMost: 70 },
    },
    'worker processor': {
      what: 'cold start of the worker, processor time above an empty node',
      unit: 'ms',
      better: 'lower',
    },
    'worker first': {
      what: 'first invocation of the worker, processor time',
      unit: 'ms',
      better: 'lower',
    },
  },
  async open(project, options) {
    const { api, worker } = await project.bundles();
    return openStarts({ api, worker }, options);
  },
};

function peerProbe(name: PeerFunction): PeerProbe {
  return {
    subject: PEER_FUNCTIONS[name],
    probe: {
      name: 'cold-start',
      reads: API_READS,
      async open(options) {
        await using opened = new AsyncDisposableStack();
        const api = opened.use(await buildPeerFunction(name, options.tell));
        const starts = opened.use(await openStarts({ api }, options));
        const owned = opened.move();
        return { measure: () => starts.measure(), [Symbol.asyncDispose]: () => owned.disposeAsync() };
      },
    },
  };
}

export const coldStart = figureOf('cold-start', [coldStartProbe], [peerProbe('usual'), peerProbe('by-hand')]);

/** Starts a canned AWS, which the started functions will call. */
async function openStarts(functions: Functions, { quick, signal }: RunOptions): Promise<OpenProbe> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-cold-start-'));
  opened.defer(() => rm(folder, { recursive: true }));
  const aws = await startCannedAws(folder);
  opened.defer(() => aws.end());
  const startAll = (starts: number): Promise<Map<string, Start[]>> =>
    takeTurns([EMPTY, ...Object.keys(functions)], starts, (name) =>
      startOnce(name, functions, aws.environment, signal),
    );
  // A warm-up that fills the file system's cache.
  await startAll(1);
  const owned = opened.move();
  return {
    async measure() {
      const starts = await startAll(quick ? 1 : STARTS);
      const above = (name: string, kind: keyof Start): number => {
        const of = (each: string): number => median((starts.get(each) ?? []).map((start) => start[kind]));
        return of(name) - of(EMPTY);
      };
      return Object.fromEntries(
        Object.keys(functions).flatMap((name) => [
          [`${name} wall`, above(name, 'wall')],
          [`${name} processor`, above(name, 'processor')],
          [`${name} first`, above(name, 'first')],
        ]),
      );
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Starts Node without a script, and then each function. Returns the starts by name. */
async function takeTurns(
  names: readonly string[],
  times: number,
  start: (name: string) => Promise<Start>,
): Promise<Map<string, Start[]>> {
  const starts = new Map(names.map((name) => [name, [] as Start[]]));
  for (let time = 0; time < times; time += 1) {
    for (const name of names) starts.get(name)?.push(await start(name));
  }
  return starts;
}

async function startOnce(
  name: string,
  functions: Functions,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Start> {
  const bundle = functions[name];
  const script = bundle ? [CHILD, bundle.entry, name] : [CHILD];
  const { written, wall } = await runChild(script, { ...bundle?.environment, ...environment }, signal);
  const [processor = NaN, first = NaN] = written.split(' ').map(Number);
  return { wall, processor, first };
}
