import type { Batch, BatchStore } from '../../job/batches/batch.ts';
import type { DataApi } from './data-api.ts';
import {
  GET_BATCH,
  IS_BATCH_COMPLETED,
  LIST_BATCHES,
  LIST_BATCHES_BEFORE,
  PUT_BATCH,
} from './sql/batches.ts';

/** The batches in Aurora. */
export function createBatchStore(dataApi: DataApi): BatchStore {
  return {
    async put(tenant, batchId, { onComplete, closes }) {
      const [row] = await dataApi.query<{ batch: Batch; is_refused: boolean }>(PUT_BATCH, {
        tenant,
        batch_id: batchId,
        closes,
        on_complete: onComplete && JSON.stringify(onComplete),
      });
      if (!row) throw new Error(`${PUT_BATCH.name} returned no row.`);
      return { batch: row.batch, isRefused: row.is_refused };
    },

    async get(tenant, batchId) {
      return (await dataApi.query<Batch>(GET_BATCH, { tenant, batch_id: batchId }))[0];
    },

    async isCompleted(tenant, batchId) {
      return (await dataApi.query<boolean>(IS_BATCH_COMPLETED, { tenant, batch_id: batchId }))[0];
    },

    async list(tenant, after, limit) {
      const statement = after ? LIST_BATCHES_BEFORE : LIST_BATCHES;
      const rows = await dataApi.query<{ batch: Batch; created_at_micros: number }>(statement, {
        tenant,
        limit,
        ...(after && { before: after.batchId, before_micros: after.createdAtMicros }),
      });
      return rows.map(({ batch, created_at_micros: createdAtMicros }) => ({
        batch,
        place: { createdAtMicros, batchId: batch.batch_id },
      }));
    },
  };
}
