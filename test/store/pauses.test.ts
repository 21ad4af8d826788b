import { beforeEach, describe, expect, it } from '@jest/globals';
import { createFlowStore, type FlowStore } from '../../lambdas/adapters/aurora/flow-store.ts';
import { MOST_COUNTED } from '../../lambdas/job/flow/concurrency-keys.ts';
import type { Pausable } from '../../lambdas/job/flow/pauses.ts';
import { reportQueues } from '../../lambdas/job/flow/queue-report.ts';
import { ACTOR, entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { emptyTables } from './empty-tables.ts';
import { putJob, TENANT } from './job-rows.ts';
import { untilWaiting } from './locked-rows.ts';

const db = useJobDatabase();
let store: FlowStore;

const QUEUE: Pausable = { kind: 'queue', name: 'default' };
const TYPE: Pausable = { kind: 'type', name: 'sleep' };

beforeEach(async () => {
  store = createFlowStore(db.dataApi);
  await emptyTables(db, 'jobs', 'pauses', 'concurrency_limits', 'audit_entries');
});

const pause = (paused: Pausable = QUEUE) => store.pause(TENANT, paused, entryOf('queue.pause'));
const unpause = (paused: Pausable = QUEUE) => store.unpause(TENANT, paused, entryOf('queue.resume'));
const audited = () =>
  db.sql<{ action: string; subject: string }>('SELECT action, subject FROM audit_entries ORDER BY entry_id');

interface JobOptions {
  queue?: string;
  type?: string;
  tenant?: string;
  dueInMs?: number;
}

/** Creates a waiting job with the given type and tenant. The triggers also update the counters on this UPDATE. */
async function waitingJob({ type = 'sleep', tenant = TENANT, ...options }: JobOptions = {}): Promise<string> {
  const jobId = await putJob(db, options);
  await db.sql('UPDATE jobs SET type = $2, tenant = $3 WHERE job_id = $1', [jobId, type, tenant]);
  return jobId;
}

async function parkedJob(options: JobOptions = {}): Promise<string> {
  const jobId = await waitingJob(options);
  await db.sql(`SELECT park($1, 'pause')`, [jobId]);
  return jobId;
}

describe('a pause', () => {
  it('is created once, and has one audit entry', async () => {
    const first = await pause();
    expect(first).toEqual({ paused_at: expect.any(String), paused_by: ACTOR });
    const again = { ...entryOf('queue.pause'), actor: 'key:fedcba9876543210' };
    expect(await store.pause(TENANT, QUEUE, again)).toEqual(first);
    expect(await audited()).toEqual([{ action: 'queue.pause', subject: 'default' }]);
  });

  it('is ended once, and has one audit entry for its end', async () => {
    await pause(TYPE);
    expect(await unpause(TYPE)).toBe(true);
    expect(await unpause(TYPE)).toBe(false);
    expect(await audited()).toEqual([
      { action: 'queue.pause', subject: 'sleep' },
      { action: 'queue.resume', subject: 'sleep' },
    ]);
  });

  it('of a queue ends without that of a type with the same name', async () => {
    const [queue, type] = [
      { kind: 'queue', name: 'mail' },
      { kind: 'type', name: 'mail' },
    ] as const;
    await pause(queue);
    await pause(type);
    await unpause(queue);
    expect(await unpause(type)).toBe(true);
  });

  it('ends after the claims that saw it, so each job that they parked is woken', async () => {
    await pause();
    const jobId = await waitingJob();
    const claim = await db.connect();
    try {
      await claim.query('BEGIN');
      await claim.query(`SELECT start_jobs(ARRAY[$1::uuid], NULL, NULL, 'worker-1')`, [jobId]);
      const ended = unpause();
      await untilWaiting(db, 1);
      await claim.query('COMMIT');
      expect(await ended).toBe(true);
    } finally {
      claim.release();
    }
    expect(await store.wakeResumed(TENANT, 'default', 10)).toEqual([
      { jobId, tenant: TENANT, queue: 'default' },
    ]);
  });

  it('holds back only jobs of its own tenant, and of its queue or type', async () => {
    const woken = await parkedJob();
    const ofPausedType = await parkedJob({ type: 'analyze' });
    await parkedJob({ tenant: 'other' });
    await parkedJob({ queue: 'images' });
    await pause({ kind: 'type', name: 'analyze' });
    await pause({ kind: 'queue', name: 'images' });
    await store.pause('other', QUEUE, entryOf('queue.pause'));
    const wakeAll = async () =>
      (
        await Promise.all(
          [TENANT, 'other'].flatMap((tenant) =>
            ['default', 'images'].map((queue) => store.wakeResumed(tenant, queue, 10)),
          ),
        )
      ).flat();
    expect(await wakeAll()).toEqual([{ jobId: woken, tenant: TENANT, queue: 'default' }]);
    await unpause({ kind: 'type', name: 'analyze' });
    expect(await wakeAll()).toEqual([{ jobId: ofPausedType, tenant: TENANT, queue: 'default' }]);
  });
});

describe('the report on queues', () => {
  const report = (tenant = TENANT) => reportQueues(tenant, ['default', 'images'], store);

  it('has every queue of the deployment, even without jobs', async () => {
    const nothing = { waiting: 0, running: 0, held: { pause: 0, concurrency: 0, rate: 0 } };
    const rest = { oldest_waiting: null, paused_at: null, paused_by: null };
    expect(await report()).toEqual({
      items: ['default', 'images'].map((queue) => ({ queue, ...nothing, ...rest })),
      paused_types: [],
    });
  });

  it('counts jobs by queue and by the reason that holds them back, and returns the oldest', async () => {
    await waitingJob({ dueInMs: -60_000 });
    await waitingJob({ dueInMs: 3_600_000 });
    await putJob(db, { status: 'running' });
    await putJob(db, { status: 'failed' });
    const oldest = await parkedJob({ dueInMs: -120_000 });
    const images = await waitingJob({ queue: 'images', dueInMs: -30_000 });
    await db.sql(`SELECT park(job_id, 'concurrency') FROM jobs WHERE job_id = $1`, [
      await waitingJob({ queue: 'images', dueInMs: -1_000 }),
    ]);
    await db.sql(
      `UPDATE jobs SET held_by = 'rate', due_at = run_at, run_at = now() + interval '1 hour', wake_at = now() + interval '1 hour'
       WHERE job_id = $1`,
      [await waitingJob({ queue: 'images', dueInMs: -1_000 })],
    );
    await waitingJob({ tenant: 'other', dueInMs: -300_000 });
    await parkedJob({ tenant: 'other', dueInMs: -300_000 });
    const { paused_at: pausedAt } = await pause();
    await pause({ kind: 'type', name: 'analyze' });

    const { items, paused_types: types } = await report();
    expect(items).toMatchObject([
      {
        queue: 'default',
        waiting: 3,
        held: { pause: 1, concurrency: 0, rate: 0 },
        running: 1,
        oldest_waiting: { job_id: oldest, type: 'sleep', held_by: 'pause' },
        paused_at: pausedAt,
        paused_by: ACTOR,
      },
      {
        queue: 'images',
        waiting: 3,
        held: { pause: 0, concurrency: 1, rate: 1 },
        running: 0,
        oldest_waiting: { job_id: images, held_by: null },
        paused_at: null,
      },
    ]);
    expect(items[0]?.oldest_waiting?.age_seconds).toBeGreaterThanOrEqual(120);
    expect(types).toMatchObject([{ type: 'analyze', paused_by: ACTOR }]);
  });

  it('has a removed queue as long as the queue has open jobs or a pause', async () => {
    const jobId = await waitingJob({ queue: 'removed' });
    await pause({ kind: 'queue', name: 'gone' });
    expect((await report()).items.map(({ queue }) => queue)).toEqual([
      'default',
      'gone',
      'images',
      'removed',
    ]);
    await db.sql('DELETE FROM jobs WHERE job_id = $1', [jobId]);
    await unpause({ kind: 'queue', name: 'gone' });
    expect((await report()).items.map(({ queue }) => queue)).toEqual(['default', 'images']);
  });

  it('counts held jobs up to a maximum', async () => {
    await db.sql(
      `INSERT INTO jobs (job_id, submission_id, tenant, type, payload, max_attempts, timeout_seconds, run_at, due_at, held_by)
       SELECT id, id, $1, 'sleep', '{}', 2, 46, '9999-12-31', now(), 'pause'
       FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $2)) AS ids`,
      [TENANT, MOST_COUNTED + 1],
    );
    expect((await report()).items[0]).toMatchObject({
      waiting: MOST_COUNTED + 1,
      held: { pause: MOST_COUNTED },
    });
  });

  it('does not count a job as held that was woken to use a free slot', async () => {
    const jobId = await waitingJob();
    await db.sql(`SELECT park($1, 'concurrency')`, [jobId]);
    await db.sql('UPDATE jobs SET run_at = due_at, wake_at = now() WHERE job_id = $1', [jobId]);
    expect((await report()).items[0]).toMatchObject({ waiting: 1, held: { concurrency: 0 } });
  });
});
