import type { JobOfTenant, JobQueue } from '../job-queue.ts';
import type { ServiceLog } from '../log.ts';

export interface BatchOfTenant {
  readonly tenant: string;
  readonly batchId: string;
}

export interface OnCompleteStore {
  /** The on_complete jobs of completed batches among these, except those that a worker has already claimed. */
  onCompleteJobs(batches: readonly BatchOfTenant[]): Promise<JobOfTenant[]>;
}

export interface WakeOnCompletePorts {
  store: OnCompleteStore;
  queue: JobQueue;
  log: ServiceLog;
}

/**
 * Wakes a worker for the on_complete job of each completed batch. Call it after jobs in these batches have ended: the
 * statement that ended the last job has written the on_complete job, but can't return it. Never throws: the sweeper sends
 * whatever fails here.
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
      "A batch's on_complete job could not be sent; the sweeper will send it.",
      {
        error,
      },
    );
  }
}
