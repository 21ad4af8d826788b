import type { Attempt, Job, JobSummary } from '../../job/job.ts';
import type { JobQuery, JobStore } from '../../job/ports.ts';
import type { JobStatus } from '../../job/status.ts';
import type { DataApi, Statement } from './data-api.ts';
import { CANCEL_JOB, RESUBMIT_JOB } from './sql/change-jobs.ts';
import { GET_JOB, GET_STATUS, LIST_ATTEMPTS, listJobs, type ListFilter } from './sql/read-jobs.ts';
import { toWholeJob, type JobRow } from './whole-job.ts';

/** One row of a statement that changes a job. */
interface ChangeRow {
  job: JobRow;
  applied: boolean;
}

/** The row of a job that has had no attempt yet. */
interface NoAttempt {
  attempt: null;
}

/** The jobs as the API reads and changes them, in Aurora. */
export function createJobStore(dataApi: DataApi): JobStore {
  async function change(
    statement: Statement,
    tenant: string,
    jobId: string,
    more: Record<string, string> = {},
  ): Promise<{ job: Job; applied: boolean } | undefined> {
    const [row] = await dataApi.query<ChangeRow>(statement, { tenant, job_id: jobId, ...more });
    return row && { applied: row.applied, job: await toWholeJob(row.job, dataApi) };
  }

  return {
    async get(tenant, jobId) {
      const [row] = await dataApi.query<JobRow>(GET_JOB, { tenant, job_id: jobId });
      return row && toWholeJob(row, dataApi);
    },

    async status(tenant, jobId) {
      const [status] = await dataApi.query<JobStatus>(GET_STATUS, { tenant, job_id: jobId });
      return status;
    },

    async list(query) {
      const filters = filtersOf(query);
      return dataApi.query<JobSummary>(listJobs(Object.keys(filters) as ListFilter[]), {
        tenant: query.tenant,
        limit: query.limit,
        ...filters,
      });
    },

    async attempts(tenant, jobId) {
      const rows = await dataApi.query<Attempt | NoAttempt>(LIST_ATTEMPTS, { tenant, job_id: jobId });
      if (rows.length === 0) return undefined;
      return rows.filter((row) => row.attempt !== null).reverse();
    },

    cancel(tenant, jobId) {
      return change(CANCEL_JOB, tenant, jobId);
    },

    resubmit(tenant, jobId, requestId) {
      return change(RESUBMIT_JOB, tenant, jobId, { request_id: requestId });
    },
  };
}

function filtersOf({ status, type, objectId, before }: JobQuery): Partial<Record<ListFilter, string>> {
  return {
    ...(status !== undefined && { status }),
    ...(type !== undefined && { type }),
    ...(objectId !== undefined && { object_id: objectId }),
    ...(before !== undefined && { before }),
  };
}
