import type { DeadLetterStore, DeadLetterVerdict } from '../../job/dead-letter.ts';
import type { SweepStore } from '../../job/sweep.ts';
import type { DataApi } from './data-api.ts';
import { SETTLE_DEAD_LETTERS, TAKE_OVERDUE, TAKE_OVERDUE_OF_EACH_TENANT } from './sql/mend-jobs.ts';

/** What the dead-letter handler and the sweeper mend, in Aurora. */
export function createMendingStore(dataApi: DataApi): DeadLetterStore & SweepStore {
  return {
    async settle(jobIds) {
      const rows = await dataApi.query<{
        job_id: string;
        tenant: string;
        verdict: Exclude<DeadLetterVerdict['verdict'], 'unknown'>;
        in_ms: number | null;
        callback_job_id: string | null;
      }>(SETTLE_DEAD_LETTERS, { job_ids: JSON.stringify(jobIds) });
      const byId = new Map(rows.map((row) => [row.job_id, row]));
      return jobIds.map((jobId) => {
        const row = byId.get(jobId);
        if (!row) return { jobId, verdict: 'unknown' };
        return {
          jobId,
          tenant: row.tenant,
          verdict: row.verdict,
          delaySeconds: Math.ceil((row.in_ms ?? 0) / 1000),
          ...(row.callback_job_id && { callbackJobId: row.callback_job_id }),
        };
      });
    },

    async takeOverdue(afterSeconds, limit) {
      const [row] = await dataApi.query<{
        jobs: [jobId: string, tenant: string][];
        next_in_ms: number | null;
      }>(TAKE_OVERDUE, { after_seconds: afterSeconds, limit });
      if (!row) throw new Error('The store answered the question for overdue jobs with no row.');
      return { jobs: row.jobs.map(([jobId, tenant]) => ({ jobId, tenant })), nextInMs: row.next_in_ms };
    },

    async takeOverdueOfEachTenant(afterSeconds, ofEach, limit) {
      const rows = await dataApi.query<{ job_id: string; tenant: string }>(TAKE_OVERDUE_OF_EACH_TENANT, {
        after_seconds: afterSeconds,
        of_each: ofEach,
        limit,
      });
      return rows.map(({ job_id: jobId, tenant }) => ({ jobId, tenant }));
    },
  };
}
