import type { OnCompleteStore } from '../../job/batches/wake-on-complete.ts';
import type { DataApi } from './data-api.ts';
import { FIND_ON_COMPLETE_JOBS } from './sql/on-complete-jobs.ts';

/** Used by each store whose statements end jobs. */
export function onCompleteJobsOf(dataApi: DataApi): OnCompleteStore['onCompleteJobs'] {
  return async (batches) => {
    const rows = await dataApi.query<{ job_id: string; tenant: string; queue: string }>(
      FIND_ON_COMPLETE_JOBS,
      { batches: JSON.stringify(batches) },
    );
    return rows.map(({ job_id: jobId, tenant, queue }) => ({ jobId, tenant, queue }));
  };
}
