import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { useJobDatabase } from '../helpers/job-database.ts';
import { FlowRace } from './flow-race.ts';
import { scenario } from './flow-race-scenario.ts';
import {
  CROWD_THE_COUNTS,
  FAULTS_AT_REST,
  LOST_BY_THE_LIVING,
  WATCH_STARTS,
  faultsOfStarts,
} from './flow-race-watch.ts';

/**
 * `ERRAND_FLOW_RACES` sets the number of races. A failed race prints its scenario's seed. Set `ERRAND_FLOW_RACE_SEED` to repeat the scenario. Even
 * with the same seed, the order in which connections get locks varies.
 */
const { ERRAND_FLOW_RACES: races = '6', ERRAND_FLOW_RACE_SEED: seed } = process.env;

const db = useJobDatabase();

beforeAll(async () => {
  for (const statement of [...WATCH_STARTS, ...CROWD_THE_COUNTS]) await db.sql(statement);
});

const OPEN_JOBS = "SELECT * FROM jobs WHERE status NOT IN ('success', 'failed', 'canceled')";

async function clear(): Promise<void> {
  await db.sql('TRUNCATE jobs, pauses, rate_limits, concurrency_limits, limit_faults, rate_starts CASCADE');
}

async function deadlocks(): Promise<number> {
  const [row] = await db.sql<{ deadlocks: number }>(
    'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
  );
  return row?.deadlocks ?? 0;
}

describe('workers, clients and operators that change the same jobs concurrently', () => {
  it(
    'never exceed a limit, and leave no job parked without a reason',
    async () => {
      await fc.assert(
        fc.asyncProperty(scenario, async (given) => {
          await clear();
          const race = new FlowRace(db, given);
          await race.run();
          expect(await db.sql(FAULTS_AT_REST)).toEqual([]);
          await race.removeObstacles();
          expect(race.errors).toEqual([]);
          expect(await db.sql(FAULTS_AT_REST)).toEqual([]);
          expect(await faultsOfStarts(db)).toEqual([]);
          expect(await db.sql(OPEN_JOBS)).toEqual([]);
          expect(await db.sql(LOST_BY_THE_LIVING)).toEqual([]);
          expect(await deadlocks()).toBe(0);
        }),
        { numRuns: Number(races), endOnFailure: true, ...(seed !== undefined && { seed: Number(seed) }) },
      );
    },
    Number(races) * 60_000,
  );
});
