/**
 * `npm run bench:cold-start [-- --json] [--rounds N]`: how much longer than an empty node a process takes that imports the
 * deployed bundle and answers its first invocation, with every call over a TLS connection of its own. Rounds of all
 * cases are interleaved, so that what else the machine does hits all of them alike. Milliseconds, of wall clock and, which says
 * more where the machine has much else to do, of processor time.
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
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '41' } },
});
const CHILD = path.join(import.meta.dirname, 'cold-start-child.mjs');

interface Start {
  readonly wall: number;
  readonly processor: number;
}

async function spawnFor(arguments_: string[], env: Readonly<Record<string, string>>): Promise<Start> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [CHILD, ...arguments_], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const [processor, code, wall] = await Promise.all([
    text(child.stdio[3] as Readable),
    once(child, 'close').then(([exitCode]: (number | null)[]) => exitCode),
    once(child, 'exit').then(() => performance.now() - startedAt),
  ]);
  if (code !== 0) throw new Error(`The cold start of ${arguments_.join(' ')} ended with ${String(code)}.`);
  return { wall, processor: Number(processor) };
}

const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-cold-start-'));
const aws = await startCannedAws(folder);
try {
  const { api, worker } = await synthesizeBundles(path.join(folder, 'assembly'));
  const cases: { name: string; bundle: Bundle | undefined }[] = [
    { name: 'empty', bundle: undefined },
    { name: 'api', bundle: api },
    { name: 'worker', bundle: worker },
  ];
  const times = new Map(cases.map(({ name }) => [name, [] as Start[]]));
  // The first round fills the file system's cache.
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    for (const { name, bundle } of cases) {
      const environment = { ...bundle?.environment, ...aws.environment };
      const time = await spawnFor(bundle ? [bundle.folder, name] : [], environment);
      if (round > 0) times.get(name)?.push(time);
    }
  }
  const summary = (name: string, kind: keyof Start) => {
    const all = (times.get(name) ?? []).map((start) => start[kind]);
    const empty = (times.get('empty') ?? []).map((start) => start[kind]);
    return {
      median_ms: median(all),
      quartiles_ms: quartiles(all),
      above_empty_ms: median(all) - median(empty),
    };
  };
  const results = cases.map(({ name }) => ({
    name,
    wall: summary(name, 'wall'),
    processor: summary(name, 'processor'),
  }));
  if (values.json) process.stdout.write(`${JSON.stringify({ rounds: Number(values.rounds), results })}\n`);
  else {
    for (const { name, ...kinds } of results) {
      for (const [kind, { median_ms, quartiles_ms, above_empty_ms }] of Object.entries(kinds)) {
        const [low, high] = quartiles_ms.map((ms) => ms.toFixed(0));
        process.stdout.write(
          `${name.padEnd(7)} ${kind.padEnd(9)} ${median_ms.toFixed(1)} ms (quartiles ${low}–${high}), above an empty node ${above_empty_ms.toFixed(1)} ms\n`,
        );
      }
    }
  }
} finally {
  await aws.end();
  await rm(folder, { recursive: true });
}
