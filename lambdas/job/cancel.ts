import { DEFAULT_QUEUE } from './definition.ts';
import { familiesOf, followEndedJobs, type EndedJobsStore } from './ended-jobs.ts';
import { JobNotFoundError, StateConflictError } from './errors.ts';
import type { NewAuditEntry } from './audit.ts';
import type { Job } from './job.ts';
import type { Activity } from './activity.ts';
import type { JobQueue } from './job-queue.ts';
import type { ServiceLog } from './log.ts';
import type { JobStore } from './job-store.ts';

/**
 * Cancels a job. A waiting job is canceled immediately; a running job is asked to stop, and shows `cancel_requested` until
 * its attempt has stopped. Idempotent.
 *
 * @throws JobNotFoundError
 * @throws StateConflictError if the job has succeeded or failed
 */
export async function cancel(
  tenant: string,
  jobId: string,
  entry: NewAuditEntry,
  ports: {
    store: EndedJobsStore & Pick<JobStore, 'cancel'>;
    queue: JobQueue;
    activity: Activity;
    log: ServiceLog;
  },
): Promise<Job> {
  // Mark activity first. The cancellation may write a callback job, and an idle sweeper would not find that job until the
  // next known due time, which may be far in the future.
  await ports.activity.mark();
  const answer = await ports.store.cancel(tenant, jobId, entry);
  if (!answer) throw new JobNotFoundError(jobId);
  const { job, applied, woken = [] } = answer;
  if (!applied && job.status !== 'canceled') {
    throw new StateConflictError(
      jobId,
      job.status,
      `Job ${jobId} has already ended (${job.status}), so it can't be canceled.`,
    );
  }
  ports.log.debug('cancellation_recorded', 'The cancellation was recorded.', {
    job_id: jobId,
    tenant,
    type: job.type,
    queue: job.queue,
    status: job.status,
    is_new: applied,
  });
  const callback = applied && job.status === 'canceled' ? job.callback_job_id : null;
  const others = [...(callback ? [{ jobId: callback, tenant, queue: DEFAULT_QUEUE }] : []), ...woken];
  // If a message can't be sent, the sweeper sends it.
  if (others.length > 0) await ports.queue.send(others.map((other) => ({ ...other, delaySeconds: 0 })));
  const batchId = applied && job.status === 'canceled' ? job.batch_id : null;
  const batches = batchId === null ? [] : [{ tenant, batchId }];
  await followEndedJobs({ batches, ...familiesOf([{ ...answer, jobId }]) }, ports);
  return job;
}
