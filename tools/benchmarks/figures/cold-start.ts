import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Figure, RunOptions } from '../figure.ts';
import { synthesizeBundles, type Bundle } from '../lambda/bundles.ts';
import { startCannedAws } from '../lambda/canned-aws.ts';
import { runChild } from '../lambda/run-child.ts';
import { median, summarize } from '../statistics.ts';

const CHILD = path.resolve(import.meta.dirname, '../lambda/cold-start-child.mjs');

/** Starts of each case in a round: a start takes a tenth of a second, and some take half as much again. */
const STARTS = 9;

/** `processor` says more than `wall` where the machine has much else to do. */
interface Start {
  readonly wall: number;
  readonly processor: number;
}

interface Case {
  readonly name: 'empty' | 'api' | 'worker';
  readonly bundle?: Bundle;
}

/**
 * How much longer than an empty node a process takes that imports the deployed bundle and answers its first invocation, with
 * every call over a TLS connection of its own. Milliseconds.
 */
export const coldStart: Figure = {
  name: 'cold-start',
  async measure(options) {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-cold-start-'));
    const aws = await startCannedAws(folder);
    try {
      const { api, worker } = await synthesizeBundles(path.join(folder, 'assembly'));
      const cases: Case[] = [
        { name: 'empty' },
        { name: 'api', bundle: api },
        { name: 'worker', bundle: worker },
      ];
      const rounds = await startAll(cases, aws.environment, options);
      const above = (name: Case['name'], kind: keyof Start): number[] =>
        rounds.map((round) => {
          const of = (each: Case['name']): number =>
            median((round.get(each) ?? []).map((start) => start[kind]));
          return of(name) - of('empty');
        });
      return (['api', 'worker'] as const).flatMap((name) => [
        {
          what: `cold start of the ${name}, above an empty node`,
          subject: 'Errand',
          unit: 'ms',
          target: { atMost: 70 },
          summary: summarize(above(name, 'wall')),
        },
        {
          what: `the same of the ${name}, processor time`,
          subject: 'Errand',
          unit: 'ms',
          summary: summarize(above(name, 'processor')),
        },
      ]);
    } finally {
      await aws.end();
      await rm(folder, { recursive: true });
    }
  },
};

/** Each round's starts by the names of the cases, which take turns. */
async function startAll(
  cases: readonly Case[],
  environment: Readonly<Record<string, string>>,
  { rounds, quick, signal, tell }: RunOptions,
): Promise<Map<string, Start[]>[]> {
  const all: Map<string, Start[]>[] = [];
  // The first round fills the file system's cache.
  for (let round = 0; round <= rounds; round += 1) {
    const starts = new Map(cases.map(({ name }) => [name as string, [] as Start[]]));
    for (let start = 0; start < (quick ? 1 : STARTS); start += 1) {
      for (const each of cases) {
        starts.get(each.name)?.push(await startOnce(each, environment, signal));
      }
    }
    if (round > 0) all.push(starts);
    tell(`round ${round}/${rounds}`);
  }
  return all;
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
