import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHistoryRollUpStore } from '../../lambdas/adapters/aurora/history-store.ts';
import { createMendingStore } from '../../lambdas/adapters/aurora/mending-store.ts';
import { createPruneStore } from '../../lambdas/adapters/aurora/prune-store.ts';
import { sweep, type SweepPorts } from '../../lambdas/job/sweep.ts';
import { createRecordingLog } from '../helpers/recording-log.ts';
import { startModelDatabase, type ModelDatabase } from './world/database.ts';

// Checks which jobs' messages the sweeper resends, minute by minute, with the real SQL and a queue that is never empty. No worker makes progress, so
// all jobs stay waiting, which is the worst case.

const START = Date.parse('2026-01-01T12:00:00Z');
const MINUTE = 60_000;
const SWEEP_AFTER_SECONDS = 60;

/** The maximum number of jobs that a sweep takes during a backlog, per tenant and in total. */
const [OF_EACH_TENANT, OF_ALL] = [10, 500];

let db: ModelDatabase;

beforeAll(async () => {
  db = await startModelDatabase();
}, 60_000);

beforeEach(async () => {
  await db.clear();
  await db.setClock(START);
});

afterAll(async () => {
  await db.end();
});

interface Resent {
  jobId: string;
  tenant: string;
  /** The minute of the run in which the job's message was resent. */
  minute: number;
}

/** Inserts jobs for several tenants. The jobs have been waiting for two to three hours. */
async function fillBacklog(jobs: number, tenants: number): Promise<void> {
  await db.run(
    `INSERT INTO jobs (job_id, submission_id, tenant, type, payload, max_attempts, timeout_seconds, run_at, wake_at)
     SELECT id, id, 'backlog-' || n % $3, 'sleep', '{}', 2, 46, at, at
     FROM (SELECT n, gen_random_uuid() AS id, to_timestamp($1::float8 / 1000) - (2 + n / $2::float8) * interval '1 hour' AS at
           FROM generate_series(1, $2::int) AS n) AS waiting`,
    [START, jobs, tenants],
  );
  await db.run('ANALYZE jobs');
}

/** Sweeps once a minute. `during` runs before each sweep. */
async function sweepFor(minutes: number, during?: (minute: number) => Promise<void>): Promise<Resent[]> {
  const resent: Resent[] = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    await db.setClock(START + minute * MINUTE);
    await during?.(minute);
    const dataApi = db.dataApi(({ send }) => send());
    const ports: SweepPorts = {
      store: {
        ...createMendingStore(dataApi),
        ...createPruneStore(dataApi),
        ...createHistoryRollUpStore(dataApi),
      },
      queue: {
        send(wakeUps) {
          resent.push(...wakeUps.map(({ jobId, tenant }) => ({ jobId, tenant, minute })));
          return Promise.resolve([]);
        },
      },
      queues: new Set(['default']),
      depth: { visible: () => Promise.resolve(new Map([['default', 1]])) },
      activity: {
        look: () => Promise.resolve({ mayHaveWork: true, oldestEnd: new Date(START), historyDueAt: null }),
        settle: () => Promise.reject(new Error('There is a backlog.')),
        notePruned: () => Promise.resolve(),
        noteRolledUp: () => Promise.resolve(),
      },
      clock: { now: () => new Date(START + minute * MINUTE), newId: () => '', random: () => 0 },
      log: createRecordingLog(),
      sweepAfterSeconds: SWEEP_AFTER_SECONDS,
      retentionDays: 3650,
      hasTime: () => true,
    };
    expect(await sweep(ports)).toMatchObject({ verdict: 'backlog' });
  }
  return resent;
}

/** Returns how often each job was resent. */
function timesOf(resent: readonly Resent[]): number[] {
  const times = new Map<string, number>();
  for (const { jobId } of resent) times.set(jobId, (times.get(jobId) ?? 0) + 1);
  return [...times.values()];
}

describe('one sweep per minute during a backlog', () => {
  it('resends 600 of one tenant’s 20,000 jobs in an hour, each once, and each lost job of another tenant within two minutes', async () => {
    await fillBacklog(20_000, 1);
    const minutes = 60;
    const lostAt = new Map<string, number>();
    const resent = await sweepFor(minutes, async (minute) => {
      if (minute % 3 > 0) return;
      // Inserts a new tenant's only job. The job is due now, and its message was lost.
      const tenant = `quiet-${minute}`;
      lostAt.set(tenant, minute);
      await db.run(
        `INSERT INTO jobs (job_id, submission_id, tenant, type, payload, max_attempts, timeout_seconds, run_at, wake_at)
         SELECT id, id, $1, 'sleep', '{}', 2, 46, at, at
         FROM (SELECT gen_random_uuid() AS id, to_timestamp($2::float8 / 1000) AS at) AS lost`,
        [tenant, START + minute * MINUTE],
      );
    });
    const ofBacklog = resent.filter(({ tenant }) => tenant.startsWith('backlog'));
    expect(ofBacklog).toHaveLength(minutes * OF_EACH_TENANT);
    expect(new Set(timesOf(ofBacklog))).toEqual(new Set([1]));
    const foundAfter = [...lostAt].map(
      ([tenant, minute]) => (resent.find((each) => each.tenant === tenant)?.minute ?? Infinity) - minute,
    );
    expect(foundAfter).toHaveLength(minutes / 3);
    expect(Math.max(...foundAfter)).toBeLessThanOrEqual(2);
  }, 120_000);

  it('resends at most 500 jobs a minute, regardless of the number of tenants', async () => {
    await fillBacklog(12_000, 200);
    const minutes = 20;
    const resent = await sweepFor(minutes);
    expect(resent).toHaveLength(minutes * OF_ALL);
    expect(new Set(timesOf(resent))).toEqual(new Set([1]));
    // Every tenant must get a turn.
    expect(new Set(resent.map(({ tenant }) => tenant)).size).toBe(200);
  }, 120_000);
});
