import { DEFAULT_QUEUE } from './definition.ts';
import { familiesOf, followEndedJobs, type EndedJobsStore, type FamilyOfEnded } from './ended-jobs.ts';
import type { JobOfTenant, JobQueue, MadeRoom } from './job-queue.ts';
import type { ServiceLog } from './log.ts';

/** Fails jobs whose queue was removed from the deployment, because no message can wake a worker for these jobs. */
export interface MissingQueueStore extends EndedJobsStore {
  /**
   * Fails these jobs, each with a message that names its queue, and returns the failed jobs. A job with an unexpired
   * lease is left unchanged.
   */
  failWithoutQueue(jobIds: readonly string[]): Promise<JobWithoutQueue[]>;
}

/**
 * A job that has failed because its queue is missing. `callbackJobId` is the job that reports the failure, if there is one.
 */
export interface JobWithoutQueue extends JobOfTenant, MadeRoom, FamilyOfEnded {
  callbackJobId: string | null;
  batchId: string | null;
}

export interface MissingQueuePorts {
  store: MissingQueueStore;
  queue: JobQueue;
  log: ServiceLog;
}

/**
 * Fails jobs whose queue is not part of this deployment, and wakes workers for their callbacks.
 *
 * @returns the ids of the failed jobs
 */
export async function failWithoutQueue(
  jobs: readonly JobOfTenant[],
  ports: MissingQueuePorts,
): Promise<string[]> {
  if (jobs.length === 0) return [];
  const { store, queue, log } = ports;
  const failed = await store.failWithoutQueue(jobs.map(({ jobId }) => jobId));
  for (const { jobId, tenant, queue: name } of failed) {
    log.error('queue_missing', 'A job has failed because its queue no longer exists.', {
      job_id: jobId,
      tenant,
      queue: name,
    });
  }
  const others = failed.flatMap(({ callbackJobId, tenant, woken = [] }) => [
    ...(callbackJobId === null ? [] : [{ jobId: callbackJobId, tenant, queue: DEFAULT_QUEUE }]),
    ...woken,
  ]);
  // If a message can't be sent, the sweeper sends it.
  if (others.length > 0) await queue.send(others.map((job) => ({ ...job, delaySeconds: 0 })));
  const batches = failed.flatMap(({ tenant, batchId }) => (batchId === null ? [] : { tenant, batchId }));
  await followEndedJobs({ batches, ...familiesOf(failed) }, ports);
  return failed.map(({ jobId }) => jobId);
}
