import { JobNotFoundError, StateConflictError } from './errors.ts';
import type { Job } from './job.ts';
import type { JobStore } from './ports.ts';

/**
 * Cancels a job: one that waits is canceled at once, a running one is asked to stop and shows `cancel_requested` until
 * its attempt has noticed. Asking twice is the same as asking once.
 *
 * @throws JobNotFoundError
 * @throws StateConflictError for a job that has succeeded or failed
 */
export async function cancel(tenant: string, jobId: string, store: Pick<JobStore, 'cancel'>): Promise<Job> {
  const answer = await store.cancel(tenant, jobId);
  if (!answer) throw new JobNotFoundError(jobId);
  const { job, applied } = answer;
  if (!applied && job.status !== 'canceled') {
    throw new StateConflictError(
      jobId,
      job.status,
      `Job ${jobId} is ${job.status}; it can't be canceled any more.`,
    );
  }
  return job;
}
