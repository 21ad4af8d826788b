import type { JobOfTenant, JobQueue } from '../job-queue.ts';
import type { ServiceLog } from '../log.ts';

export interface BatchOfTenant {
  readonly tenant: string;
  readonly batchId: string;
}

export interface OnCompleteStore {
  /** Returns the on_complete job of each batch that is completed, unless a worker has already claimed that job. */
  onCompleteJobs(batches: readonly BatchOfTenant[]): Promise<JobOfTenant[]>;
}

export interface WakeOnCompletePorts {
  store: OnCompleteStore;
  queue: JobQueue;
  log: ServiceLog;
}

/**
 * Wakes a worker for the on_complete job of each completed batch. Call this after jobs in the batches have ended: the
 * statement that ends a batch's last job writes the on_complete job, but can't return it. Never throws. If a message can't
 * be sent, the sweeper sends it.
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
