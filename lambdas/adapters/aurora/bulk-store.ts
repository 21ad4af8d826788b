import { AUDIT_ACTION_OF, type BulkPosition, type BulkStore } from '../../job/bulk/bulk-change.ts';
import type { DataApi } from './data-api.ts';
import { endedJobsOf } from './ended-jobs.ts';
import { BEGIN_BULK, changeJobs, countBulk } from './sql/bulk.ts';
import { searchParameters, type JobSearch } from './sql/job-filter.ts';

/** A row of `bulk_runs`. */
interface PositionRow {
  round: number;
  first_id: string | null;
  last_id: string | null;
  is_done: boolean;
  matched: number;
  changed: number;
  skipped: number;
}

interface RoundRow {
  position: PositionRow | null;
  wake_ups: [jobId: string, queue: string][];
  batches: string[];
  is_without_room: boolean;
}

/** An additional row, returned only for a bulk cancellation. */
interface FamiliesRow {
  parents?: string[] | null;
  canceled?: string[] | null;
}

/**
 * Stores bulk changes in Aurora.
 *
 * @param queues this deployment's queues
 */
export function createBulkStore(dataApi: DataApi, queues: readonly string[]): BulkStore {
  return {
    ...endedJobsOf(dataApi),

    async begin(tenant, jobId) {
      const [row] = await dataApi.query<{ position: PositionRow; create_time: string }>(BEGIN_BULK, {
        tenant,
        job_id: jobId,
      });
      if (!row) throw new Error(`The bulk job ${jobId} was deleted.`);
      return { position: toPosition(row.position), createTime: row.create_time };
    },

    async change({ tenant, jobId, action, filter, position, limit, maxJobsInFlight, newId }) {
      const search: JobSearch = { filter, order: 'asc', after: position.lastId ?? undefined };
      const rows = await dataApi.query<RoundRow | FamiliesRow>(changeJobs(action, search), {
        tenant,
        job_id: jobId,
        new_id: newId,
        audit_action: AUDIT_ACTION_OF[action],
        round: position.round,
        examined: limit,
        ...(action === 'retry' && { max_in_flight: maxJobsInFlight, queues: JSON.stringify(queues) }),
        ...searchParameters(search),
      });
      const row = rows.find((each) => 'position' in each);
      const families = rows.filter((each): each is FamiliesRow => !('position' in each));
      if (!row?.position) throw new Error(`The bulk job ${jobId} was deleted.`);
      return {
        position: toPosition(row.position),
        wakeUps: row.wake_ups.map(([id, queue]) => ({ jobId: id, tenant, queue })),
        ended: {
          batches: row.batches.map((batchId) => ({ tenant, batchId })),
          parents: families.flatMap(({ parents }) => parents ?? []),
          canceled: families.flatMap(({ canceled }) => canceled ?? []),
        },
        isWithoutRoom: row.is_without_room,
      };
    },

    async count(tenant, filter, after, limit) {
      const search: JobSearch = { filter, order: 'asc', after };
      const [row] = await dataApi.query<{ matched: number; continue_after: string | null }>(
        countBulk(search),
        { tenant, examined: limit, ...searchParameters(search) },
      );
      if (!row) throw new Error('The count of matching jobs returned no row.');
      return { matched: row.matched, continueAfter: row.continue_after };
    },
  };
}

function toPosition({
  first_id: firstId,
  last_id: lastId,
  is_done: isDone,
  ...rest
}: PositionRow): BulkPosition {
  return { ...rest, firstId, lastId, isDone };
}
