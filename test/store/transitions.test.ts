import { beforeAll, describe, expect, it } from '@jest/globals';
import { JOB_EVENTS, JOB_STATUSES, TRANSITIONS, type JobEvent } from '../../lambdas/job/status.ts';
import { entryOf } from '../helpers/audit-entries.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { CALLBACK, putJob, result, snapshot, TENANT, type RowOptions } from './job-rows.ts';

const db = useJobDatabase();

/** A statement that applies an event to a job. `given` contains the event's preconditions other than the job's state. */
interface Enactment {
  event: JobEvent;
  by: string;
  given: RowOptions;
  act: (jobId: string) => Promise<unknown>;
}

beforeAll(async () => {
  await db.sql("INSERT INTO pauses (tenant, kind, name) VALUES ($1, 'queue', 'paused')", [TENANT]);
});

const claim = (jobId: string): Promise<unknown> => db.attempts.claim([jobId], 'worker-2', 10_000);
const LEASE_ENDED = { leaseEndsInMs: -1_000, dueInMs: 60_000 };

const ENACTMENTS: Enactment[] = [
  { event: 'claim', by: 'a claim', given: { dueInMs: -1_000, leaseEndsInMs: 60_000 }, act: claim },
  { event: 'reclaim', by: 'a claim', given: { ...LEASE_ENDED, maxAttempts: 2 }, act: claim },
  {
    event: 'succeed',
    by: 'a record',
    given: {},
    act: (jobId) => db.attempts.record([result(jobId)]),
  },
  {
    event: 'fail',
    by: 'a record',
    given: {},
    act: (jobId) => db.attempts.record([result(jobId, { status: 'failed', outcome: 'failed' })]),
  },
  {
    event: 'retry_later',
    by: 'a record',
    given: {},
    act: (jobId) => db.attempts.record([result(jobId, { status: 'created', outcome: 'failed' })]),
  },
  {
    event: 'suspend',
    by: 'a record',
    given: {},
    act: (jobId) =>
      db.attempts.record([
        result(jobId, { status: 'created', outcome: 'suspended', continuation: { steps: [] } }),
      ]),
  },
  {
    event: 'notice_cancel',
    by: 'a record of a suspended attempt',
    given: { cancelRequested: true },
    act: (jobId) =>
      db.attempts.record([
        result(jobId, { status: 'created', outcome: 'suspended', continuation: { steps: [] } }),
      ]),
  },
  {
    event: 'expire',
    by: 'a claim',
    given: { attempt: 1, dueInMs: 60_000 },
    act: async (jobId) => {
      await db.sql(
        `UPDATE jobs SET continues = true, expires_at = now() - interval '1 s' WHERE job_id = $1 AND status = 'created'`,
        [jobId],
      );
      await claim(jobId);
    },
  },
  {
    event: 'hold',
    by: 'a claim',
    given: { dueInMs: -1_000, leaseEndsInMs: -1_000, queue: 'paused' },
    act: claim,
  },
  { event: 'lose', by: 'a claim', given: { ...LEASE_ENDED, maxAttempts: 1 }, act: claim },
  {
    event: 'lose',
    by: 'a dead letter',
    given: { ...LEASE_ENDED, maxAttempts: 1 },
    act: (jobId) => db.mending.settle([jobId]),
  },
  {
    event: 'lose_queue',
    by: 'whoever finds its queue gone',
    given: { ...LEASE_ENDED, queue: 'removed' },
    act: (jobId) => db.mending.failWithoutQueue([jobId]),
  },
  {
    event: 'cancel',
    by: 'a client',
    given: {},
    act: (jobId) => db.jobs.cancel(TENANT, jobId, entryOf('job.cancel')),
  },
  {
    event: 'notice_cancel',
    by: 'a record',
    given: { cancelRequested: true },
    act: (jobId) => db.attempts.record([result(jobId, { status: 'canceled', outcome: 'canceled' })]),
  },
  {
    event: 'notice_cancel',
    by: 'a record of a failed attempt',
    given: { cancelRequested: true },
    act: (jobId) => db.attempts.record([result(jobId, { status: 'created', outcome: 'failed' })]),
  },
  { event: 'notice_cancel', by: 'a claim', given: { ...LEASE_ENDED, cancelRequested: true }, act: claim },
  {
    event: 'notice_cancel',
    by: 'a dead letter',
    given: { ...LEASE_ENDED, maxAttempts: 1, cancelRequested: true },
    act: (jobId) => db.mending.settle([jobId]),
  },
  {
    event: 'resubmit',
    by: 'a client',
    given: {},
    act: (jobId) => db.jobs.resubmit(TENANT, jobId, CALLBACK, 0, entryOf('job.retry')),
  },
];

it('every event has a statement', () => {
  expect(new Set(ENACTMENTS.map(({ event }) => event))).toEqual(new Set(JOB_EVENTS));
});

describe.each(ENACTMENTS)('$event by $by', ({ event, given, act }) => {
  const allowed = JOB_STATUSES.filter((status) => TRANSITIONS[event][status] !== undefined);
  const refused = JOB_STATUSES.filter((status) => TRANSITIONS[event][status] === undefined);

  it.each(allowed)('moves a job that is %s to the state in the table', async (status) => {
    const jobId = await putJob(db, { ...given, status });
    await act(jobId);
    expect((await snapshot(db, jobId)).job.status).toBe(TRANSITIONS[event][status]);
  });

  it.each(refused)('does not change a job that is %s', async (status) => {
    const jobId = await putJob(db, { ...given, status, attempt: 1 });
    const before = await snapshot(db, jobId);
    await act(jobId);
    const after = await snapshot(db, jobId);
    if (event === 'cancel' && status === 'running') {
      // The cancellation request is recorded, but the job's state does not change. The running attempt later acts on the request.
      expect(after.job.cancel_requested_at).not.toBeNull();
      after.job.cancel_requested_at = before.job.cancel_requested_at;
    }
    expect(after).toEqual(before);
  });
});
