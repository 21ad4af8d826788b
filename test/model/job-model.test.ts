import { checkInvariants } from './world/invariants.ts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { reads, cancels, retries } from './commands/clients.ts';
import { submits, submitsBatch, submitsBulk, submitsForLater, submitsInSteps } from './commands/api.ts';
import type { Situation } from './commands/command.ts';
import { fire, fires, firingDeliveries, putSchedule, startScheduled } from './commands/firings.ts';
import { limitChanges, pauses, resumes } from './commands/flow.ts';
import { deadLetters, startDeadLetters, sweeps } from './commands/menders.ts';
import { meetings, steps, strides, stumbles } from './commands/steps.ts';
import { delays, deployments, duplicates, losses, newVersions, timePasses } from './commands/surroundings.ts';
import { signals } from './commands/signals.ts';
import { expectFreeSlots, waits } from './commands/waits.ts';
import { crashes, deliveries } from './commands/worker.ts';
import { drain } from './drain.ts';
import { startModelDatabase, type ModelDatabase } from './world/database.ts';
import { VISIBILITY_MS } from './world/queue.ts';
import { World } from './world/world.ts';

/**
 * `ERRAND_MODEL_RUNS` sets the number of random command sequences; `npm run test:model` runs 60. A failure prints a seed, a path and, in the
 * counterexample, a replayPath. To reproduce the failure, set `ERRAND_MODEL_SEED`, `ERRAND_MODEL_PATH` and `ERRAND_MODEL_REPLAY_PATH`.
 */
const {
  ERRAND_MODEL_RUNS: runs = '20',
  ERRAND_MODEL_SEED: seed,
  ERRAND_MODEL_PATH: path,
  ERRAND_MODEL_REPLAY_PATH: replayPath,
} = process.env;

/**
 * The more entries a command has in a list, the more often it is chosen. Most entries execute calls, so that work makes progress after it begins.
 */
const ACTORS_GO_ON = [steps, steps, steps, strides, strides, strides, stumbles, stumbles, stumbles, meetings];
const MISHAPS = [losses, duplicates, delays];

/** Many concurrent jobs. */
const BUSY = [
  ...[
    submits,
    submits,
    submitsBatch,
    submitsBulk,
    reads,
    waits,
    waits,
    cancels,
    retries,
    timePasses,
    timePasses,
  ],
  ...[deliveries, deliveries, deliveries, sweeps, deadLetters, deployments, newVersions, ...MISHAPS],
  ...[fires, firingDeliveries, firingDeliveries],
  ...[pauses, resumes, resumes, limitChanges, signals, signals],
  ...ACTORS_GO_ON,
];

/** A few jobs that make much progress, and periods in which the sweeper finds no work. */
const QUIET = [
  ...[submits, submitsBulk, cancels, retries, timePasses, timePasses, timePasses, timePasses],
  ...[
    deliveries,
    deliveries,
    deliveries,
    deliveries,
    sweeps,
    sweeps,
    deadLetters,
    deployments,
    newVersions,
    ...MISHAPS,
  ],
  ...[fires, firingDeliveries],
  ...[pauses, resumes, limitChanges, signals],
  ...[...ACTORS_GO_ON, strides, strides],
];

/** Jobs that wait for days while the sweeper sleeps. */
const IDLE = [
  ...[submitsForLater, cancels, cancels, retries, deliveries, sweeps, sweeps, losses, newVersions],
  ...[timePasses, timePasses, strides, strides, strides, strides, stumbles, stumbles],
  ...[pauses, resumes, limitChanges, signals],
];

/** Jobs with steps that run while the workers' code changes. */
const STEPWISE = [
  ...[submitsInSteps, submitsInSteps, cancels, retries, signals, signals, signals],
  ...[newVersions, newVersions, timePasses, timePasses, deliveries, deliveries, deliveries, sweeps, losses],
  ...[strides, strides, strides, strides, strides, strides, stumbles, stumbles],
];

/** Workers that crash while they run several jobs. */
const CRASHING = [
  ...[submits, submitsBatch, submitsBatch, retries, deliveries, deliveries, sweeps, deadLetters],
  ...[crashes, crashes, crashes, crashes, strides, strides, strides, stumbles],
];

let db: ModelDatabase;

beforeAll(async () => {
  db = await startModelDatabase();
});

afterAll(async () => {
  await db.end();
});

describe('the jobs, in whatever order the actors act, and whichever of them die or get no response', () => {
  it(
    'keep every promise after every step, and become terminal once all faults have stopped',
    async () => {
      const sequences = [BUSY, QUIET, IDLE, STEPWISE, CRASHING].map((commands) =>
        fc.commands(commands, {
          maxCommands: 120,
          size: 'max',
          ...(replayPath !== undefined && { replayPath }),
        }),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(...sequences),
          fc.constantFrom(0, 2),
          fc.boolean(),
          async (sequence, maxJobsInFlight, isPinned) => {
            const world = await begin(db, maxJobsInFlight, isPinned);
            const release = world.actors.captureTimers(() => world.now);
            try {
              await fc.asyncModelRun(
                (): { model: Situation; real: World } => ({ model: world, real: world }),
                sequence,
              );
              await drain(world);
              await expectFreeSlots(world);
              expect([...world.acknowledged].filter((jobId) => !world.rows.jobs.has(jobId))).toEqual([]);
            } finally {
              release();
            }
          },
        ),
        {
          numRuns: Number(runs),
          ...(seed !== undefined && { seed: Number(seed) }),
          ...(path !== undefined && { path }),
        },
      );
    },
    24 * 3600 * 1000,
  );
});

describe('a firing', () => {
  it('survives an outage of twelve hours, in which it repeatedly exceeds its receive count', async () => {
    const world = await begin(db, 0);
    const release = world.actors.captureTimers(() => world.now);
    try {
      const time = new Date(world.now).toISOString();
      fire(world, time);
      const until = world.now + 12 * 3_600_000;
      let deadLettered = 0;
      while (world.now < until) {
        startScheduled(world);
        await refuseStatements(world);
        deadLettered += world.queue.visible(world.queue.dead).length;
        startDeadLetters(world);
        await refuseStatements(world);
        await world.advance(VISIBILITY_MS);
      }
      expect(deadLettered).toBeGreaterThan(10);
      expect(world.rows.jobs.size).toBe(0);
      await drain(world);
      expect([...world.rows.jobs.values()]).toMatchObject([
        { object_id: `schedule#every#${time}`, status: 'success' },
      ]);
    } finally {
      release();
    }
  });
});

/** Makes the database refuse every statement, while all other calls succeed. */
async function refuseStatements(world: World): Promise<void> {
  await world.actors.settle();
  for (;;) {
    const [call] = world.actors.calls;
    if (!call) return;
    await world.carryOut(call, call.store === 'aurora' ? 'refused' : 'goes well', 'returns');
    await world.check();
  }
}

/** Creates a world without jobs, but with a schedule. */
async function begin(database: ModelDatabase, maxJobsInFlight: number, isPinned = false): Promise<World> {
  await database.clear();
  const world = new World(database, checkInvariants, { maxJobsInFlight, isPinned });
  await database.setClock(world.now);
  await putSchedule(world);
  return world;
}
