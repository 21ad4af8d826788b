import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { reads, cancels, retries } from './commands/clients.ts';
import { submits, submitsBatch } from './commands/api.ts';
import type { Situation } from './commands/command.ts';
import { deadLetters, sweeps } from './commands/menders.ts';
import { meetings, steps, strides } from './commands/steps.ts';
import { delays, duplicates, losses, timePasses } from './commands/surroundings.ts';
import { deliveries } from './commands/worker.ts';
import { drain } from './drain.ts';
import { startModelDatabase, type ModelDatabase } from './world/database.ts';
import { World } from './world/world.ts';

/**
 * `ERRAND_MODEL_RUNS`: how many sequences of commands are tried. A failure prints a seed, a path and, in its counterexample, a
 * replayPath; given as `ERRAND_MODEL_SEED`, `ERRAND_MODEL_PATH` and `ERRAND_MODEL_REPLAY_PATH` they repeat it.
 */
const {
  ERRAND_MODEL_RUNS: runs = '60',
  ERRAND_MODEL_SEED: seed,
  ERRAND_MODEL_PATH: path,
  ERRAND_MODEL_REPLAY_PATH: replayPath,
} = process.env;

/** As often as they stand here: calls outnumber the rest, so that what is begun is also carried on. */
const COMMANDS = [
  ...[submits, submits, submitsBatch, reads, cancels, retries],
  ...[deliveries, deliveries, deliveries, sweeps, deadLetters],
  ...[timePasses, timePasses, losses, duplicates, delays],
  ...[steps, steps, steps, steps, steps, steps, strides, strides, strides, meetings],
];

let db: ModelDatabase;

beforeAll(async () => {
  db = await startModelDatabase();
});

afterAll(async () => {
  await db.end();
});

describe('the jobs, whatever their actors do, in any order, and whoever dies or hears no answer', () => {
  it(
    'keep every promise after every step, and become terminal once all faults have stopped',
    async () => {
      const commands = fc.commands(COMMANDS, {
        maxCommands: 80,
        size: 'max',
        ...(replayPath !== undefined && { replayPath }),
      });
      await fc.assert(
        fc.asyncProperty(commands, async (sequence) => {
          const world = await begin(db);
          const release = world.actors.captureTimers(() => world.now);
          try {
            await fc.asyncModelRun(
              (): { model: Situation; real: World } => ({ model: world, real: world }),
              sequence,
            );
            await drain(world);
            expect([...world.acknowledged].filter((jobId) => !world.rows.jobs.has(jobId))).toEqual([]);
          } finally {
            release();
          }
        }),
        {
          numRuns: Number(runs),
          endOnFailure: false,
          ...(seed !== undefined && { seed: Number(seed) }),
          ...(path !== undefined && { path }),
        },
      );
    },
    24 * 3600 * 1000,
  );
});

/** A world without a job. */
async function begin(database: ModelDatabase): Promise<World> {
  await database.clear();
  const world = new World(database);
  await database.setClock(world.now);
  return world;
}
