import { JobNotFoundError, StateConflictError } from './errors.ts';
import type { Job } from './job.ts';
import type { Activity, Chance, JobQueue, JobStore, Log } from './ports.ts';

/**
 * Gives a failed or canceled job another run, with at least one attempt. Attempts are numbered on, never anew: the number
 * is the fencing token.
 *
 * @throws JobNotFoundError
 * @throws StateConflictError for a job in any other state
 */
export async function resubmit(
  tenant: string,
  jobId: string,
  ports: { store: Pick<JobStore, 'resubmit'>; queue: JobQueue; activity: Activity; chance: Chance; log: Log },
): Promise<Job> {
  await ports.activity.mark();
  const answer = await ports.store.resubmit(tenant, jobId, ports.chance.newId());
  if (!answer) throw new JobNotFoundError(jobId);
  const { job, applied } = answer;
  if (!applied) {
    throw new StateConflictError(
      jobId,
      job.status,
      `Job ${jobId} is ${job.status}; only a failed or canceled job can be retried.`,
    );
  }
  const unsent = await ports.queue.send([{ jobId, delaySeconds: 0, tenant }]);
  if (unsent.length > 0) ports.log.warn('The retry was not sent; the sweeper sends it.', { job_id: jobId });
  return job;
}
