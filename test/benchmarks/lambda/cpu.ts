/**
 * `npm run bench:cpu [-- --json] [--rounds N] [--invocations N]`: the processor time, user and system, of one job in the
 * warm, deployed bundles, against a canned AWS over plain HTTP in another process. Milliseconds a job: an accepted one in the
 * api, one that does nothing in the worker, alone and in batches of ten.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { synthesizeBundles, type Bundle } from './bundles.ts';
import { startCannedAws } from './canned-aws.ts';
import { median, quartiles } from '../statistics.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    invocations: { type: 'string', default: '3000' },
  },
});
const CHILD = path.join(import.meta.dirname, 'cpu-child.mjs');

interface Case {
  readonly name: string;
  readonly bundle: Bundle;
  readonly jobs: number;
}

async function measure({ name, bundle, jobs }: Case, env: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn(process.execPath, [CHILD, bundle.folder, name, '1000', values.invocations], {
    env: { ...bundle.environment, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const [printed, [code]] = await Promise.all([
    text(child.stdio[3] as Readable),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new Error(`The invocations of ${name} ended with ${String(code)}.`);
  const { user, system } = JSON.parse(printed) as { user: number; system: number };
  return (user + system) / jobs;
}

const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-cpu-'));
const aws = await startCannedAws(undefined);
try {
  const { api, worker } = await synthesizeBundles(path.join(folder, 'assembly'));
  const cases: Case[] = [
    { name: 'api', bundle: api, jobs: 1 },
    { name: 'worker', bundle: worker, jobs: 1 },
    { name: 'worker-10', bundle: worker, jobs: 10 },
  ];
  const times = new Map(cases.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const each of cases) times.get(each.name)?.push(await measure(each, aws.environment));
  }
  const results = cases.map(({ name }) => {
    const all = times.get(name) ?? [];
    return { name, median_ms: median(all), quartiles_ms: quartiles(all) };
  });
  if (values.json) process.stdout.write(`${JSON.stringify({ rounds: Number(values.rounds), results })}\n`);
  else {
    for (const { name, median_ms, quartiles_ms } of results) {
      const [low, high] = quartiles_ms.map((ms) => ms.toFixed(2));
      process.stdout.write(
        `${name.padEnd(10)} ${median_ms.toFixed(2)} ms a job (quartiles ${low}–${high})\n`,
      );
    }
  }
} finally {
  await aws.end();
  await rm(folder, { recursive: true });
}
