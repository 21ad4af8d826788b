import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { figureOf } from '../figure.ts';
import type { Bundle } from '../lambda/bundles.ts';
import { startCannedAws } from '../lambda/canned-aws.ts';
import { runChild } from '../lambda/run-child.ts';
import type { Probe, Target } from '../probe.ts';
import { median } from '../statistics.ts';

const CHILD = path.resolve(import.meta.dirname, '../lambda/cold-start-child.mjs');

/** Starts per case and round. A start takes 0.1 s, and some take half as long again. */
const STARTS = 9;

const TARGET: Target = { atMost: 70 };

/** On a busy machine, `processor` is more reliable than `wall`. */
interface Start {
  readonly wall: number;
  readonly processor: number;
}

interface Case {
  readonly name: 'empty' | 'api' | 'worker';
  readonly bundle?: Bundle;
}

/**
 * How much longer than an empty node a process takes to import the deployed bundle and respond to its first invocation, in
 * milliseconds. Each AWS call opens its own TLS connection.
 */
const coldStartProbe: Probe = {
  name: 'cold-start',
  rounds: 7,
  reads: {
    'api wall': {
      what: 'cold start of the api, above an empty node',
      unit: 'ms',
      better: 'lower',
      target: TARGET,
    },
    'api processor': { what: 'cold start of the api, processor time', unit: 'ms', better: 'lower' },
    'worker wall': {
      what: 'cold start of the worker, above an empty node',
      unit: 'ms',
      better: 'lower',
      target: TARGET,
    },
    'worker processor': { what: 'cold start of the worker, processor time', unit: 'ms', better: 'lower' },
  },
  async open(project, { quick, signal }) {
    await using opened = new AsyncDisposableStack();
    const { api, worker } = await project.bundles();
    const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-cold-start-'));
    opened.defer(() => rm(folder, { recursive: true }));
    const aws = await startCannedAws(folder);
    opened.defer(() => aws.end());
    const cases: Case[] = [
      { name: 'empty' },
      { name: 'api', bundle: api },
      { name: 'worker', bundle: worker },
    ];
    const startAll = (starts: number): Promise<Map<string, Start[]>> =>
      takeTurns(cases, starts, (each) => startOnce(each, aws.environment, signal));
    // Warms the file system's cache.
    await startAll(1);
    const owned = opened.move();
    return {
      async measure() {
        const starts = await startAll(quick ? 1 : STARTS);
        const medianOf = (name: Case['name'], kind: keyof Start): number =>
          median((starts.get(name) ?? []).map((start) => start[kind]));
        const above = (name: Case['name'], kind: keyof Start): number =>
          medianOf(name, kind) - medianOf('empty', kind);
        return {
          'api wall': above('api', 'wall'),
          'api processor': above('api', 'processor'),
          'worker wall': above('worker', 'wall'),
          'worker processor': above('worker', 'processor'),
        };
      },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  },
};

export const coldStart = figureOf('cold-start', [coldStartProbe]);

/** Starts the cases in turn. Returns the starts by case. */
async function takeTurns(
  cases: readonly Case[],
  times: number,
  start: (each: Case) => Promise<Start>,
): Promise<Map<string, Start[]>> {
  const starts = new Map(cases.map(({ name }) => [name as string, [] as Start[]]));
  for (let time = 0; time < times; time += 1) {
    for (const each of cases) starts.get(each.name)?.push(await start(each));
  }
  return starts;
}

async function startOnce(
  { name, bundle }: Case,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Start> {
  const script = bundle ? [CHILD, bundle.folder, name] : [CHILD];
  const { written, wall } = await runChild(script, { ...bundle?.environment, ...environment }, signal);
  return { wall, processor: Number(written) };
}
