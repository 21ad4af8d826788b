import type { PruneStore } from '../../job/prune.ts';
import type { DataApi } from './data-api.ts';
import { PRUNE } from './sql/prune.ts';

/** What the sweeper deletes in Aurora. */
export function createPruneStore(dataApi: DataApi): PruneStore {
  return {
    async prune(retentionDays, limit) {
      const [row] = await dataApi.query<{ jobs: number; messages: number; oldest_end_ms: number | null }>(
        PRUNE,
        {
          retention_days: retentionDays,
          limit,
        },
      );
      if (!row) throw new Error(`${PRUNE.name} answered no row.`);
      const { jobs, messages, oldest_end_ms: oldestEndMs } = row;
      return { jobs, messages, oldestEnd: oldestEndMs === null ? null : new Date(oldestEndMs) };
    },
  };
}
