import type { JobOfTenant, JobQueue } from '../job-queue.ts';
import type { ServiceLog } from '../log.ts';

export interface BatchOfTenant {
  readonly tenant: string;
  readonly batchId: string;
}

export interface OnCompleteStore {
  /** The on_complete jobs of those batches that are completed, without jobs that a worker has already claimed. */
  onCompleteJobs(batches: readonly BatchOfTenant[]): Promise<JobOfTenant[]>;
}

export interface WakeOnCompletePorts {
  store: OnCompleteStore;
  queue: JobQueue;
  log: ServiceLog;
}

/**
 * Wakes a worker for the on_complete job of each batch that is completed. Call it after jobs of these batches have ended: the statement
 * that ended the last job has written the on_complete job, but can't return it. Never throws: the sweeper sends whatever
 * fails here.
 */
export async function wakeOnComplete(
  batches: readonly BatchOfTenant[],
  { store, queue, log }: WakeOnCompletePorts,
): Promise<void> {
  if (batches.length === 0) return;
  const unique = new Map(batches.map((batch) => [JSON.stringify([batch.tenant, batch.batchId]), batch]));
  try {
    const jobs = await store.onCompleteJobs([...unique.values()]);
    if (jobs.length > 0) await queue.send(jobs.map((job) => ({ ...job, delaySeconds: 0 })));
  } catch (error) {
    log.warn(
      'on_complete_not_sent',
      'The on_complete job of a batch could not be sent; the sweeper sends it.',
      {
        error,
      },
    );
  }
}
