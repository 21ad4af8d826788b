import { v7 as uuidv7 } from 'uuid';
import type { DataApi } from '../../lambdas/adapters/aurora/data-api.ts';
import { createBulkStore } from '../../lambdas/adapters/aurora/bulk-store.ts';
import { BULK_ACTIONS, CHANGED_STATUSES } from '../../lambdas/job/bulk/bulk-change.ts';
import type { HotStatement } from './explain.ts';
import { ONE_ROW, ONE_SEARCH, ONE_WRITE, PAGE } from './hot-statement.ts';
import { TENANT } from './job-rows.ts';

const QUEUES = ['default'];
const COUNTS = { matched: 0, changed: 0, skipped: 0 };
const POSITION = { ...COUNTS, round: 0, first_id: null, last_id: null, is_done: false };

/**
 * Returns the statements of a bulk job.
 *
 * @param bulkJob a job with a row in `bulk_runs` written by `fillJobs`
 */
export function bulkStatements(bulkJob: string): HotStatement[] {
  return [
    {
      title: 'the beginning of a bulk job',
      call: (api) => createBulkStore(api, QUEUES).begin(TENANT, bulkJob),
      answers: [[{ position: POSITION, create_time: '' }]],
      maxPages: 2 * ONE_ROW,
    },
    {
      title: 'a count of the jobs that a bulk job would find',
      call: (api) => createBulkStore(api, QUEUES).count(TENANT, { status: ['failed'] }, undefined, PAGE),
      maxPages: ONE_SEARCH,
    },
    ...BULK_ACTIONS.map((action) => ({
      title: `a round of a bulk job with the action ${action}`,
      answers: [[{ position: POSITION, wake_ups: [], batches: [], is_without_room: false }]],
      call: (api: DataApi) =>
        createBulkStore(api, QUEUES).change({
          ...{ tenant: TENANT, jobId: bulkJob, action, filter: { status: CHANGED_STATUSES[action] } },
          position: { ...COUNTS, round: 0, firstId: null, lastId: null, isDone: false },
          ...{ limit: PAGE, maxJobsInFlight: 1_000_000, newId: uuidv7() },
        }),
      maxPages: ONE_SEARCH + PAGE * ONE_WRITE,
    })),
  ];
}
