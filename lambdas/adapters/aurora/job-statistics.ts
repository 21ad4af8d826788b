import type { JobCounts, JobStatistics, OldestWaiting, StatusCounts } from '../../job/statistics.ts';
import { JOB_STATUSES, type JobStatus } from '../../job/status.ts';
import type { DataApi } from './data-api.ts';
import { COUNT_JOBS } from './sql/count-jobs.ts';

interface Count {
  type: string;
  status: JobStatus;
  jobs: number;
}

/** Counts a tenant's jobs in Aurora using a single statement. */
export function createJobStatistics(dataApi: DataApi): JobStatistics {
  return {
    async read(tenant) {
      const [row] = await dataApi.query<{ counts: Count[]; oldest_waiting: OldestWaiting | null }>(
        COUNT_JOBS,
        {
          tenant,
        },
      );
      return { jobs: toJobCounts(row?.counts ?? []), oldest_waiting: row?.oldest_waiting ?? null };
    },
  };
}

function toJobCounts(counts: readonly Count[]): JobCounts {
  const byStatus = noJobs();
  const byType = new Map<string, StatusCounts>();
  let total = 0;
  for (const { type, status, jobs } of counts) {
    const ofType = byType.get(type) ?? noJobs();
    byType.set(type, ofType);
    ofType[status] += jobs;
    byStatus[status] += jobs;
    total += jobs;
  }
  return { total, by_status: byStatus, by_type: Object.fromEntries(byType) };
}

function noJobs(): StatusCounts {
  return Object.fromEntries(JOB_STATUSES.map((status) => [status, 0])) as StatusCounts;
}
