import { DEFAULT_QUEUE } from '../../job/definition.ts';
import type { EndedJobsStore, FamilyOfEnded } from '../../job/ended-jobs.ts';
import type { DataApi } from './data-api.ts';
import { FIND_ON_COMPLETE_JOBS } from './sql/on-complete-jobs.ts';
import { madeRoom, toWoken, type WokenJob } from './woken-jobs.ts';

/**
 * The columns that describe a job's parent and children, returned by a statement that may have ended the job; see {@link
 * familyFields}.
 */
export interface FamilyRow {
  parent_job_id: string | null;
  has_children: boolean | null;
}

export function familyOf({
  parent_job_id: parentJobId,
  has_children: hasChildren,
}: FamilyRow): FamilyOfEnded {
  return {
    ...(parentJobId !== null && { parentJobId }),
    ...(hasChildren && { hasChildrenToCancel: true }),
  };
}

/** One row of `CANCEL_CHILDREN`. The first row is the summary; one row per canceled child follows. */
type CanceledRow =
  | { has_more: boolean; woken: WokenJob[] | null }
  | {
      job_id: string;
      tenant: string;
      callback_job_id: string | null;
      batch_id: string | null;
      has_children: boolean | null;
    };

/** Creates the methods shared by all stores that can end jobs. */
export function endedJobsOf(dataApi: DataApi): EndedJobsStore {
  return {
    async onCompleteJobs(batches) {
      return toWoken(
        await dataApi.query<WokenJob>(FIND_ON_COMPLETE_JOBS, { batches: JSON.stringify(batches) }),
      );
    },

    // Most jobs have neither a parent nor children. To keep cold starts short, these statements are loaded only for the
    // first job that has a parent or children.
    async wakeParents(jobIds) {
      const { WAKE_PARENTS } = await import('./sql/children.ts');
      return toWoken(await dataApi.query<WokenJob>(WAKE_PARENTS, { job_ids: JSON.stringify(jobIds) }));
    },

    async cancelChildren(jobIds, limit) {
      const { CANCEL_CHILDREN } = await import('./sql/children.ts');
      const rows = await dataApi.query<CanceledRow>(CANCEL_CHILDREN, {
        job_ids: JSON.stringify(jobIds),
        limit,
      });
      const summary = rows.find((row) => 'has_more' in row);
      const children = rows.filter((row) => 'job_id' in row);
      return {
        hasMore: summary?.has_more ?? false,
        ...madeRoom(summary?.woken ?? null),
        callbacks: children.flatMap(({ callback_job_id: jobId, tenant }) =>
          jobId === null ? [] : { jobId, tenant, queue: DEFAULT_QUEUE },
        ),
        batches: children.flatMap(({ batch_id: batchId, tenant }) =>
          batchId === null ? [] : { tenant, batchId },
        ),
        canceled: children.flatMap((row) => (row.has_children ? row.job_id : [])),
      };
    },
  };
}
