import type { PruneStore } from '../../job/prune.ts';
import type { DataApi } from './data-api.ts';
import { PRUNE } from './sql/prune.ts';

interface PruneRow {
  jobs: number;
  messages: number;
  audit_entries: number;
  batches: number;
  rate_limits: number;
  is_busy: boolean;
  oldest_end_ms: number | null;
}

/** What the sweeper deletes in Aurora. */
export function createPruneStore(dataApi: DataApi): PruneStore {
  return {
    async prune(retentionDays, limit) {
      const [row] = await dataApi.query<PruneRow>(PRUNE, { retention_days: retentionDays, limit });
      if (!row) throw new Error(`${PRUNE.name} returned no row.`);
      const {
        jobs,
        messages,
        audit_entries: auditEntries,
        batches,
        rate_limits: rateLimits,
        is_busy: isBusy,
        oldest_end_ms: oldestEndMs,
      } = row;
      const oldestEnd = oldestEndMs === null ? null : new Date(oldestEndMs);
      return { jobs, messages, auditEntries, batches, rateLimits, isBusy, oldestEnd };
    },
  };
}
