import type { Attempt, Job, JobSummary } from '../../job/job.ts';
import type { JobQuery, JobStore } from '../../job/ports.ts';
import type { DataApi } from './data-api.ts';
import { CANCEL_JOB, RESUBMIT_JOB } from './sql/change-jobs.ts';
import { INSERT_JOBS } from './sql/insert-jobs.ts';
import { GET_JOB, LIST_ATTEMPTS, listJobs, type ListFilter } from './sql/read-jobs.ts';

interface Change {
  job: Job;
  applied: boolean;
}

/** The jobs as the API reads and writes them, in Aurora. */
export function createJobStore(dataApi: DataApi): JobStore {
  return {
    async insert(jobs) {
      const written = await dataApi.query<{ job: Job; inserted: boolean }>(INSERT_JOBS, {
        jobs: JSON.stringify(jobs),
      });
      // In the order of the request: the statement answers in the order of the ids.
      const byId = new Map(written.map((row) => [row.job.job_id, row]));
      return jobs.flatMap((job) => byId.get(job.job_id) ?? []);
    },

    async get(tenant, jobId) {
      const [job] = await dataApi.query<Job>(GET_JOB, { tenant, job_id: jobId });
      return job;
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
      const [attempts] = await dataApi.query<Attempt[]>(LIST_ATTEMPTS, { tenant, job_id: jobId });
      return attempts;
    },

    async cancel(tenant, jobId) {
      const [change] = await dataApi.query<Change>(CANCEL_JOB, { tenant, job_id: jobId });
      return change;
    },

    async resubmit(tenant, jobId) {
      const [change] = await dataApi.query<Change>(RESUBMIT_JOB, { tenant, job_id: jobId });
      return change;
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
