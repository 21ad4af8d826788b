import { BatchClosedError } from '../errors.ts';
import type { Batch, BatchStore, NewOnComplete } from './batch.ts';
import { wakeOnComplete, type WakeOnCompletePorts } from './wake-on-complete.ts';

/**
 * Creates or updates the batch that a request names, after the request's jobs have been written. If the request closes the
 * batch and all of its jobs have already ended, also submits the on_complete job.
 *
 * @throws BatchClosedError if the batch was closed with another on_complete job
 */
export async function putBatch(
  tenant: string,
  batchId: string,
  change: { onComplete: NewOnComplete | null; closes: boolean },
  ports: WakeOnCompletePorts & { batches: BatchStore },
): Promise<Batch> {
  const { batch, isRefused } = await ports.batches.put(tenant, batchId, change);
  if (isRefused) throw new BatchClosedError(batchId, 'on_complete');
  if (change.closes && batch.status === 'completed') await wakeOnComplete([{ tenant, batchId }], ports);
  return batch;
}
