import { beforeAll, describe, expect, it } from '@jest/globals';
import { createFlowStore, type FlowStore } from '../../lambdas/adapters/aurora/flow-store.ts';
import { createJobStatistics } from '../../lambdas/adapters/aurora/job-statistics.ts';
import { createFiringStore, createScheduleStore } from '../../lambdas/adapters/aurora/schedule-store.ts';
import type { FiringStore, ScheduleStore } from '../../lambdas/job/schedules/ports.ts';
import { v7 as uuidv7 } from 'uuid';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { NEWEST_FIRST, newJob, SCHEDULE } from './job-rows.ts';

// One tenant, the owner, has rows of every kind. Another tenant, the stranger, has no rows, and tries to read and change the owner's rows in every
// way.

const OWNER = 'owner';
const STRANGER = 'stranger';

const db = useJobDatabase();
let flow: FlowStore;
let schedules: ScheduleStore & FiringStore;

/** The owner's waiting job, in a batch and with a concurrency key. */
const waiting = newJob({
  tenant: OWNER,
  batch_id: 'batch',
  concurrency: { key: 'key', limit: 1 },
  type: 'analyze',
});
/** The owner's failed job, with an attempt, a step and a log. */
const failed = newJob({ tenant: OWNER, max_attempts: 1 });
const messageId = uuidv7();

beforeAll(async () => {
  flow = createFlowStore(db.dataApi);
  schedules = { ...createScheduleStore(db.dataApi), ...createFiringStore(db.dataApi) };
  await db.jobs.insert([waiting, failed]);
  const [claim] = await db.attempts.claim([failed.job_id], 'worker', 60_000);
  if (claim?.verdict !== 'claimed') throw new Error('The job could not be claimed.');
  await db.steps.record(claim.job, { step: 'one', kind: 'run', status: 'success', failures: 0, result: 1 });
  const { jobId, attempt, fence } = claim.job;
  await db.attempts.record([
    {
      ...{ jobId, attempt, fence, status: 'failed', outcome: 'failed', message: 'broken', result: null },
      ...{ progress: null, retryInMs: 0 },
    },
  ]);
  await db.batches.put(OWNER, 'batch', { onComplete: null, closes: false });
  await db.messages.insert({
    ...{ message_id: messageId, tenant: OWNER, to: 'somebody', content: 'hello', submitted_by: null },
  });
  await schedules.put(OWNER, 'hourly', SCHEDULE, entryOf('schedule.put'));
  await flow.pause(OWNER, { kind: 'queue', name: 'default' }, entryOf('queue.pause'));
  await flow.setLimit(OWNER, 'key', 3, entryOf('concurrency_limit.put'));
});

describe('a tenant that has nothing', () => {
  it.each([waiting.job_id, failed.job_id])('reads nothing of another tenant’s job', async (jobId) => {
    expect(await db.jobs.get(STRANGER, jobId)).toBeUndefined();
    expect(await db.jobs.status(STRANGER, jobId)).toBeUndefined();
    expect(await db.jobs.type(STRANGER, jobId)).toBeUndefined();
    expect(await db.jobs.attempts(STRANGER, jobId)).toBeUndefined();
    expect(await db.jobs.log(STRANGER, jobId, { attempt: 0, part: 0 }, undefined)).toBeUndefined();
    expect(await db.signals.steps(STRANGER, jobId, undefined, 10)).toBeUndefined();
    expect(await db.jobs.find(STRANGER, [jobId])).toEqual([]);
    expect((await db.jobs.list({ tenant: STRANGER, ...NEWEST_FIRST, limit: 10 })).jobs).toEqual([]);
  });

  it('reads no batch, message or schedule of another tenant', async () => {
    expect(await db.batches.get(STRANGER, 'batch')).toBeUndefined();
    expect(await db.batches.isCompleted(STRANGER, 'batch')).toBeUndefined();
    expect(await db.batches.list(STRANGER, undefined, 10)).toEqual([]);
    const after = { createdAtMicros: Date.now() * 1_000 + 60_000_000, batchId: 'z' };
    expect(await db.batches.list(STRANGER, after, 10)).toEqual([]);
    expect(await db.messages.get(STRANGER, messageId)).toBeUndefined();
    expect(await db.messages.list({ tenant: STRANGER, limit: 10 })).toEqual([]);
    expect(await schedules.get(STRANGER, 'hourly')).toBeUndefined();
    expect(await schedules.list(STRANGER, '', 10)).toEqual([]);
    expect(await schedules.unplaced(STRANGER, 10)).toEqual([]);
  });

  it('finds nothing in the reports and counts', async () => {
    const statistics = await createJobStatistics(db.dataApi).read(STRANGER);
    expect(statistics).toMatchObject({ jobs: { total: 0 }, oldest_waiting: null });
    expect(await flow.read(STRANGER)).toEqual({ queues: [], pauses: [] });
    expect(await flow.list(STRANGER, '', 10)).toEqual([]);
    expect(await flow.queuesWithWaitingJobs(STRANGER)).toEqual([]);
  });

  it('changes no job of another tenant', async () => {
    expect(await db.jobs.cancel(STRANGER, waiting.job_id, entryOf('job.cancel'))).toBeUndefined();
    expect(
      await db.jobs.resubmit(STRANGER, failed.job_id, uuidv7(), 0, entryOf('job.retry')),
    ).toBeUndefined();
    expect(await db.jobs.status(OWNER, waiting.job_id)).toBe('created');
    expect(await db.jobs.status(OWNER, failed.job_id)).toBe('failed');
  });

  it('changes no schedule of another tenant', async () => {
    expect(await schedules.setState(STRANGER, 'hourly', 'stopped', entryOf('schedule.stop'))).toBeUndefined();
    expect(await schedules.setStateOfAll(STRANGER, 'stopped', [], entryOf('schedule.stop'))).toEqual({
      count: 0,
      left: [],
    });
    const firing = { tenant: STRANGER, name: 'hourly', fireTime: new Date().toISOString() };
    const ids = { jobId: uuidv7(), callbackJobId: uuidv7() };
    expect(await schedules.fire(firing, ids, { unavailable: [], queues: new Map() }, 0)).toBeUndefined();
    expect(await schedules.remove(STRANGER, 'hourly', entryOf('schedule.delete'))).toBe(false);
    expect(await schedules.get(OWNER, 'hourly')).toMatchObject({ state: 'started' });
  });

  it('ends no pause and no limit of another tenant', async () => {
    expect(await flow.unpause(STRANGER, { kind: 'queue', name: 'default' }, entryOf('queue.resume'))).toBe(
      false,
    );
    await flow.clearLimit(STRANGER, 'key', entryOf('concurrency_limit.delete'));
    expect(await flow.read(OWNER)).toMatchObject({ pauses: [{ kind: 'queue', name: 'default' }] });
    expect(await flow.list(OWNER, '', 10)).toMatchObject([{ key: 'key', set_limit: 3 }]);
    expect(await flow.wakeParked(STRANGER, 'key', 10)).toEqual([]);
  });
});
