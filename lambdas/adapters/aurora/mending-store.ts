import type { DeadLetterStore, DeadLetterVerdict } from '../../job/dead-letter.ts';
import type { MissingQueueStore } from '../../job/missing-queue.ts';
import type { SweepStore } from '../../job/sweep.ts';
import type { DataApi } from './data-api.ts';
import { endedJobsOf, familyOf, type FamilyRow } from './ended-jobs.ts';
import { EXAMINE_PARENTS } from './sql/children.ts';
import {
  FAIL_WITHOUT_QUEUE,
  SETTLE_DEAD_LETTERS,
  TAKE_OVERDUE,
  TAKE_OVERDUE_OF_EACH_TENANT,
  WAKE_FORGOTTEN,
} from './sql/mend-jobs.ts';
import { madeRoom, toWoken, type WokenJob } from './woken-jobs.ts';

/** Gives the dead-letter handler and the sweeper access to jobs in Aurora. */
export function createMendingStore(dataApi: DataApi): DeadLetterStore & SweepStore & MissingQueueStore {
  return {
    ...endedJobsOf(dataApi),

    async settle(jobIds) {
      const rows = await dataApi.query<
        FamilyRow & {
          job_id: string;
          tenant: string;
          queue: string;
          verdict: Exclude<DeadLetterVerdict['verdict'], 'unknown'>;
          in_ms: number | null;
          callback_job_id: string | null;
          woken: WokenJob[] | null;
          batch_id: string | null;
        }
      >(SETTLE_DEAD_LETTERS, { job_ids: JSON.stringify(jobIds) });
      const byId = new Map(rows.map((row) => [row.job_id, row]));
      return jobIds.map((jobId) => {
        const row = byId.get(jobId);
        if (!row) return { jobId, verdict: 'unknown' };
        return {
          jobId,
          tenant: row.tenant,
          queue: row.queue,
          verdict: row.verdict,
          delaySeconds: Math.ceil((row.in_ms ?? 0) / 1000),
          ...(row.callback_job_id && { callbackJobId: row.callback_job_id }),
          ...madeRoom(row.woken),
          ...(row.batch_id !== null && { batchId: row.batch_id }),
          ...familyOf(row),
        };
      });
    },

    async takeOverdue(afterSeconds, limit) {
      const [row] = await dataApi.query<{
        jobs: Record<string, [jobId: string, tenant: string][]>;
        next_in_ms: number | null;
      }>(TAKE_OVERDUE, { after_seconds: afterSeconds, limit });
      if (!row) throw new Error('The store returned no row for overdue jobs.');
      const jobs = Object.entries(row.jobs).flatMap(([queue, ofQueue]) =>
        ofQueue.map(([jobId, tenant]) => ({ jobId, tenant, queue })),
      );
      return { jobs, nextInMs: row.next_in_ms };
    },

    async takeOverdueOfEachTenant(queues, afterSeconds, ofEach, limit) {
      const rows = await dataApi.query<{ job_id: string; tenant: string; queue: string }>(
        TAKE_OVERDUE_OF_EACH_TENANT,
        {
          queues: JSON.stringify('only' in queues ? queues.only : queues.allBut),
          is_chosen: 'only' in queues,
          after_seconds: afterSeconds,
          of_each: ofEach,
          limit,
        },
      );
      return rows.map(({ job_id: jobId, tenant, queue }) => ({ jobId, tenant, queue }));
    },

    async wakeForgotten(limit) {
      return toWoken(await dataApi.query<WokenJob>(WAKE_FORGOTTEN, { limit }));
    },

    async examineParents(limit) {
      const [row] = await dataApi.query<{ woken: WokenJob[]; canceled: string[]; is_last: boolean }>(
        EXAMINE_PARENTS,
        { limit },
      );
      if (!row) throw new Error(`${EXAMINE_PARENTS.name} returned no row.`);
      return { woken: toWoken(row.woken), canceled: row.canceled, isLast: row.is_last };
    },

    async failWithoutQueue(jobIds) {
      const rows = await dataApi.query<
        FamilyRow & {
          job_id: string;
          tenant: string;
          queue: string;
          callback_job_id: string | null;
          woken: WokenJob[] | null;
          batch_id: string | null;
        }
      >(FAIL_WITHOUT_QUEUE, { job_ids: JSON.stringify(jobIds) });
      return rows.map((row) => ({
        jobId: row.job_id,
        tenant: row.tenant,
        queue: row.queue,
        callbackJobId: row.callback_job_id,
        batchId: row.batch_id,
        ...madeRoom(row.woken),
        ...familyOf(row),
      }));
    },
  };
}
