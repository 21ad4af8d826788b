import type { OnCompleteStore } from '../../job/batches/wake-on-complete.ts';
import type { DataApi } from './data-api.ts';
import { FIND_ON_COMPLETE_JOBS } from './sql/on-complete-jobs.ts';
import { toWoken, type WokenJob } from './woken-jobs.ts';

/** Used by each store whose statements end jobs. */
export function onCompleteJobsOf(dataApi: DataApi): OnCompleteStore['onCompleteJobs'] {
  return async (batches) => {
    return toWoken(
      await dataApi.query<WokenJob>(FIND_ON_COMPLETE_JOBS, { batches: JSON.stringify(batches) }),
    );
  };
}
