import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { useJobDatabase } from '../helpers/job-database.ts';
import { CROWD_THE_COUNTS } from './flow-race-watch.ts';
import { deadlocks, forgottenJobs, lostWrites, wrongWaits } from './step-races/faults.ts';
import { StepRace } from './step-races/race.ts';
import { scenario } from './step-races/scenario.ts';

/**
 * `ERRAND_STEP_RACES` sets the number of races. A failed race prints its scenario's seed. Set `ERRAND_STEP_RACE_SEED` to repeat the scenario. The
 * order in which connections get locks still varies.
 */
const { ERRAND_STEP_RACES: races = '6', ERRAND_STEP_RACE_SEED: seed } = process.env;

const db = useJobDatabase();

beforeAll(async () => {
  for (const statement of CROWD_THE_COUNTS) await db.sql(statement);
});

describe('workers, clients and children that change the same jobs with steps concurrently', () => {
  it(
    'leave no job suspended without a reason, and lose or repeat no step and no signal',
    async () => {
      await fc.assert(
        fc.asyncProperty(scenario, async (given) => {
          await db.sql('TRUNCATE jobs, job_counts CASCADE');
          const race = new StepRace(db, given);
          await race.run();
          expect(race.world.errors).toEqual([]);
          expect(await wrongWaits(db)).toEqual([]);
          expect(await forgottenJobs(db)).toEqual([]);
          await race.sendMissingSignals();
          expect(race.world.errors).toEqual([]);
          expect(await wrongWaits(db)).toEqual([]);
          expect(await lostWrites(race.world)).toEqual([]);
          expect(await db.sql('SELECT * FROM jobs WHERE end_time IS NULL')).toEqual([]);
          expect(await deadlocks(db)).toBe(0);
        }),
        { numRuns: Number(races), endOnFailure: true, ...(seed !== undefined && { seed: Number(seed) }) },
      );
    },
    Number(races) * 60_000,
  );
});
