import {
  JobNotFoundError,
  MissingQueueError,
  StateConflictError,
  TooManyJobsError,
  TooManySubmissionsError,
} from './errors.ts';
import { BULK_JOB_TYPE } from './catalogue.ts';
import type { NewAuditEntry } from './audit.ts';
import type { Job } from './job.ts';
import type { Activity } from './activity.ts';
import type { Clock } from './clock.ts';
import type { JobQueue } from './job-queue.ts';
import type { JobStore } from './job-store.ts';
import type { ServiceLog } from './log.ts';
import type { TenantLimits } from './tenant-limits.ts';

export interface ResubmitPorts {
  store: Pick<JobStore, 'resubmit'>;
  limits: TenantLimits;
  queue: JobQueue;
  activity: Activity;
  clock: Clock;
  log: ServiceLog;
}

/**
 * Retries a failed or canceled job, and adds an attempt if the job has none left. The attempt numbers continue from the
 * last one. The tenant's limits apply as for a submission.
 *
 * @throws JobNotFoundError
 * @throws StateConflictError if the job is in any other state, or is a bulk job
 * @throws MissingQueueError if the job's queue was removed from the deployment
 * @throws TooManySubmissionsError, TooManyJobsError if the retry would exceed the tenant's limits
 */
export async function resubmit(
  tenant: string,
  jobId: string,
  entry: NewAuditEntry,
  ports: ResubmitPorts,
): Promise<Job> {
  const { store, limits, clock } = ports;
  const [, inTime] = await Promise.all([ports.activity.mark(), limits.rate.take(tenant, 1)]);
  if (inTime === 0) throw new TooManySubmissionsError();
  const answer = await store.resubmit(tenant, jobId, clock.newId(), limits.maxJobsInFlight, entry);
  if (!answer) throw new JobNotFoundError(jobId);
  const { job, applied, isBeyondLimit, isWithoutQueue } = answer;
  if (!applied && job.type === BULK_JOB_TYPE) {
    throw new StateConflictError(
      jobId,
      job.status,
      `Job ${jobId} is a bulk job, which can't be retried: send its request to POST /v1/jobs/bulk again.`,
    );
  }
  if (isWithoutQueue) throw new MissingQueueError(jobId, job.queue);
  if (isBeyondLimit) throw new TooManyJobsError(limits.maxJobsInFlight);
  if (!applied) {
    throw new StateConflictError(
      jobId,
      job.status,
      `Job ${jobId} is ${job.status}; only a failed or canceled job can be retried.`,
    );
  }
  ports.log.debug('retry_accepted', 'The job was accepted for another run.', {
    job_id: jobId,
    tenant,
    type: job.type,
    queue: job.queue,
  });
  const unsent = await ports.queue.send([{ jobId, delaySeconds: 0, tenant, queue: job.queue }]);
  if (unsent.length > 0)
    ports.log.warn('retry_not_sent', 'The retry was not sent; the sweeper will send it.', { job_id: jobId });
  return job;
}
