import { describe, expect, it } from '@jest/globals';
import {
  JobNotFoundError,
  MissingQueueError,
  StateConflictError,
  TooManyJobsError,
  TooManySubmissionsError,
} from '../../../lambdas/job/errors.ts';
import type { Job } from '../../../lambdas/job/job.ts';
import { resubmit } from '../../../lambdas/job/resubmit.ts';
import type { JobStatus } from '../../../lambdas/job/status.ts';
import { entryOf } from '../../helpers/audit-entries.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { FIXED_CLOCK } from './attempts.ts';

const ENTRY = entryOf('job.retry');

/** Resubmits a job, using a store that returns the given results. Returns the calls in order. */
function resubmitWhere(
  answer:
    | {
        status: JobStatus;
        applied: boolean;
        isBeyondLimit?: boolean;
        isWithoutQueue?: boolean;
        type?: string;
      }
    | undefined,
  {
    unsent = [],
    isMarked = true,
    isTooFast = false,
  }: { unsent?: string[]; isMarked?: boolean; isTooFast?: boolean } = {},
) {
  const calls: unknown[] = [];
  const log = createRecordingLog();
  const resubmitting = resubmit('tenant', 'a', ENTRY, {
    log,
    clock: { ...FIXED_CLOCK, newId: () => 'callback' },
    limits: {
      maxJobsInFlight: 7,
      rate: {
        take(...args) {
          calls.push(['take', ...args]);
          return Promise.resolve(isTooFast ? 0 : 1);
        },
      },
    },
    activity: {
      mark() {
        calls.push('mark');
        return isMarked ? Promise.resolve() : Promise.reject(new Error('not marked'));
      },
    },
    store: {
      resubmit(...args) {
        calls.push(['resubmit', ...args]);
        if (!answer) return Promise.resolve(undefined);
        const { status, applied, isBeyondLimit = false, isWithoutQueue = false, type = 'sleep' } = answer;
        const job = { job_id: 'a', status, type, queue: 'images' } as Job;
        return Promise.resolve({ applied, isBeyondLimit, isWithoutQueue, job });
      },
    },
    queue: {
      send(wakeUps) {
        calls.push(['send', wakeUps]);
        return Promise.resolve(unsent);
      },
    },
  });
  return { resubmitting, calls, log: log.entries };
}

describe('resubmitting', () => {
  it('marks the activity, is counted, requeues the job, and wakes a worker, in this order', async () => {
    const { resubmitting, calls } = resubmitWhere({ status: 'created', applied: true });
    expect(await resubmitting).toMatchObject({ job_id: 'a', status: 'created' });
    expect(calls).toEqual([
      'mark',
      ['take', 'tenant', 1],
      ['resubmit', 'tenant', 'a', 'callback', 7, ENTRY],
      ['send', [{ jobId: 'a', delaySeconds: 0, tenant: 'tenant', queue: 'images' }]],
    ]);
  });

  it('changes nothing if the activity cannot be marked, because the sweeper would not look', async () => {
    const { resubmitting, calls } = resubmitWhere({ status: 'created', applied: true }, { isMarked: false });
    await expect(resubmitting).rejects.toThrow('not marked');
    expect(calls).not.toContainEqual(expect.arrayContaining(['resubmit']));
  });

  it('returns the job although the message was not sent, and logs that', async () => {
    const { resubmitting, log } = resubmitWhere({ status: 'created', applied: true }, { unsent: ['a'] });
    expect(await resubmitting).toMatchObject({ status: 'created' });
    expect(log).toMatchObject([
      { level: 'debug', message: 'The job was accepted for another run.', fields: { job_id: 'a' } },
      { level: 'warn', fields: { job_id: 'a' } },
    ]);
  });

  it.each(['created', 'running', 'success'] as const)(
    'a job that is %s is a conflict with that reason',
    async (status) => {
      const { resubmitting, calls } = resubmitWhere({ status, applied: false });
      await expect(resubmitting).rejects.toBeInstanceOf(StateConflictError);
      await expect(resubmitting).rejects.toMatchObject({ jobId: 'a', status });
      expect(calls).not.toContainEqual(expect.arrayContaining(['send']));
    },
  );

  it('is refused for a tenant at its limit of jobs in flight', async () => {
    const { resubmitting, calls } = resubmitWhere({ status: 'failed', applied: false, isBeyondLimit: true });
    await expect(resubmitting).rejects.toEqual(new TooManyJobsError(7));
    expect(calls).not.toContainEqual(expect.arrayContaining(['send']));
  });

  it('is refused for a tenant at its limit of submissions in this second', async () => {
    const { resubmitting, calls } = resubmitWhere({ status: 'created', applied: true }, { isTooFast: true });
    await expect(resubmitting).rejects.toBeInstanceOf(TooManySubmissionsError);
    expect(calls).toEqual(['mark', ['take', 'tenant', 1]]);
  });

  it('a job whose queue no longer exists is refused with the queue’s name', async () => {
    const { resubmitting, calls } = resubmitWhere({ status: 'failed', applied: false, isWithoutQueue: true });
    await expect(resubmitting).rejects.toEqual(new MissingQueueError('a', 'images'));
    await expect(resubmitting).rejects.toThrow(
      'The queue "images" no longer exists in this deployment: add it to `queues`, or submit the job again.',
    );
    expect(calls).not.toContainEqual(expect.arrayContaining(['send']));
  });

  it('a bulk job is refused, with advice', async () => {
    const { resubmitting, calls } = resubmitWhere({
      ...{ status: 'failed', applied: false, isBeyondLimit: true, type: 'bulk' },
    });
    await expect(resubmitting).rejects.toThrow('send its request to POST /v1/jobs/bulk again');
    expect(calls).not.toContainEqual(expect.arrayContaining(['send']));
  });

  it('a missing job is refused', async () => {
    await expect(resubmitWhere(undefined).resubmitting).rejects.toBeInstanceOf(JobNotFoundError);
  });
});
