import { describe, expect, it } from '@jest/globals';
import { cancel } from '../../../lambdas/job/cancel.ts';
import { JobNotFoundError, StateConflictError } from '../../../lambdas/job/errors.ts';
import type { Job } from '../../../lambdas/job/job.ts';
import type { WakeUp } from '../../../lambdas/job/job-queue.ts';
import { entryOf } from '../../helpers/audit-entries.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import type { JobStatus } from '../../../lambdas/job/status.ts';
import { WITHOUT_FOLLOWERS } from './without-followers.ts';

const ENTRY = entryOf('job.cancel');

/** Cancels a job, using a store that returns `answer`. */
async function cancelWhere(
  answer: { status: JobStatus; applied: boolean; callback?: string; batch?: string } | undefined,
) {
  const batches: unknown[] = [];
  const sent: WakeUp[] = [];
  const asked: unknown[][] = [];
  let isMarked = false;
  const job = await cancel('tenant', 'a', ENTRY, {
    log: createRecordingLog(),
    store: {
      ...WITHOUT_FOLLOWERS,
      onCompleteJobs(found) {
        batches.push(...found);
        return Promise.resolve([]);
      },
      cancel(tenant, jobId, entry) {
        // The activity mark must be set first. If the mark were set later, the sweeper might not look for the rows that the cancellation writes.
        expect(isMarked).toBe(true);
        asked.push([tenant, jobId, entry]);
        if (!answer) return Promise.resolve(undefined);
        const { status, applied, callback = null, batch = null } = answer;
        return Promise.resolve({
          applied,
          job: { job_id: 'a', status, callback_job_id: callback, batch_id: batch } as Job,
        });
      },
    },
    activity: {
      mark() {
        isMarked = true;
        return Promise.resolve();
      },
    },
    queue: {
      send(wakeUps) {
        sent.push(...wakeUps);
        return Promise.resolve([]);
      },
    },
  });
  expect(asked).toEqual([['tenant', 'a', ENTRY]]);
  return { job, sent, batches };
}

describe('canceling', () => {
  it('returns the updated job', async () => {
    const { job, sent } = await cancelWhere({ status: 'canceled', applied: true });
    expect(job).toMatchObject({ job_id: 'a', status: 'canceled' });
    expect(sent).toEqual([]);
  });

  it('a running job returns the job as running', async () => {
    expect((await cancelWhere({ status: 'running', applied: true })).job.status).toBe('running');
  });

  it('a job that is already canceled is not a conflict', async () => {
    expect((await cancelWhere({ status: 'canceled', applied: false })).job.status).toBe('canceled');
  });

  it.each(['success', 'failed'] as const)(
    'a job that is %s is a conflict with that reason',
    async (status) => {
      const refusal = cancelWhere({ status, applied: false });
      await expect(refusal).rejects.toBeInstanceOf(StateConflictError);
      await expect(refusal).rejects.toMatchObject({ jobId: 'a', status });
      await expect(refusal).rejects.toThrow(status);
    },
  );

  it('a missing job is refused', async () => {
    await expect(cancelWhere(undefined)).rejects.toBeInstanceOf(JobNotFoundError);
  });

  it('completes the job’s batch at most once, when the cancellation ends the job', async () => {
    const ended = await cancelWhere({ status: 'canceled', applied: true, batch: 'batch' });
    expect(ended.batches).toEqual([{ tenant: 'tenant', batchId: 'batch' }]);
    const asked = await cancelWhere({ status: 'running', applied: true, batch: 'batch' });
    const again = await cancelWhere({ status: 'canceled', applied: false, batch: 'batch' });
    expect([...asked.batches, ...again.batches]).toEqual([]);
  });

  it('wakes the callback job once, when the cancellation ends the job', async () => {
    const ended = await cancelWhere({ status: 'canceled', applied: true, callback: 'callback' });
    expect(ended.sent).toEqual([{ jobId: 'callback', delaySeconds: 0, tenant: 'tenant', queue: 'default' }]);
    const asked = await cancelWhere({ status: 'running', applied: true, callback: 'callback' });
    const again = await cancelWhere({ status: 'canceled', applied: false, callback: 'callback' });
    expect([...asked.sent, ...again.sent]).toEqual([]);
  });
});
