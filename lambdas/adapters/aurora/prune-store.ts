import type { PrunePosition, PruneStore } from '../../job/prune.ts';
import type { DataApi } from './data-api.ts';
import { PRUNE } from './sql/prune.ts';

interface PruneRow {
  jobs: number;
  messages: number;
  audit_entries: number;
  batches: number;
  rate_limits: number;
  is_busy: boolean;
  examined_to: { end_time: string; job_id: string } | null;
  oldest_end_ms: number | null;
}

/** The position before all jobs. */
const FIRST: PrunePosition = { endTime: '-infinity', jobId: '00000000-0000-0000-0000-000000000000' };

/** Deletes expired data in Aurora, for the sweeper. */
export function createPruneStore(dataApi: DataApi): PruneStore {
  return {
    async prune(retentionDays, limit, after = FIRST) {
      const [row] = await dataApi.query<PruneRow>(PRUNE, {
        ...{ retention_days: retentionDays, limit },
        ...{ after_time: after.endTime, after_id: after.jobId },
      });
      if (!row) throw new Error(`${PRUNE.name} returned no row.`);
      const {
        jobs,
        messages,
        audit_entries: auditEntries,
        batches,
        rate_limits: rateLimits,
        is_busy: isBusy,
        examined_to: examinedTo,
        oldest_end_ms: oldestEndMs,
      } = row;
      const oldestEnd = oldestEndMs === null ? null : new Date(oldestEndMs);
      const continueAfter = examinedTo && { endTime: examinedTo.end_time, jobId: examinedTo.job_id };
      return { jobs, messages, auditEntries, batches, rateLimits, isBusy, continueAfter, oldestEnd };
    },
  };
}
