import type { Job, JobSummary } from '../../job/job.ts';
import type { SubmissionStore } from '../../job/ports.ts';
import type { DataApi } from './data-api.ts';
import { FIND_JOBS, INSERT_JOBS } from './sql/insert-jobs.ts';
import { GET_JOB } from './sql/read-jobs.ts';
import { toWholeJob, type JobRow } from './whole-job.ts';

/** Submissions in Aurora, answered with summaries: many whole jobs could exceed the Data API's 1 MiB. */
export function createBatchSubmissionStore(dataApi: DataApi): SubmissionStore<JobSummary> {
  return {
    find(tenant, jobIds) {
      return dataApi.query<JobSummary>(FIND_JOBS, { tenant, job_ids: JSON.stringify(jobIds) });
    },

    async insert(jobs) {
      const written = await dataApi.query<{ job: JobSummary; inserted: boolean }>(INSERT_JOBS, {
        jobs: JSON.stringify(jobs),
      });
      // In the order of the request: the statement answers in the order of the ids.
      const byId = new Map(written.map((row) => [row.job.job_id, row]));
      return jobs.flatMap((job) => byId.get(job.job_id) ?? []);
    },
  };
}

/** Submissions in Aurora, one at a time, answered with the whole job. */
export function createSubmissionStore(dataApi: DataApi): SubmissionStore<Job> {
  const summaries = createBatchSubmissionStore(dataApi);

  async function get(tenant: string, jobId: string): Promise<Job[]> {
    const rows = await dataApi.query<JobRow>(GET_JOB, { tenant, job_id: jobId });
    return Promise.all(rows.map((row) => toWholeJob(row, dataApi)));
  }

  return {
    async find(tenant, jobIds) {
      return (await Promise.all(jobIds.map((jobId) => get(tenant, jobId)))).flat();
    },

    async insert(jobs) {
      const written = await summaries.insert(jobs);
      const payloads = new Map(jobs.map(({ job_id, payload }) => [job_id, payload]));
      const whole = written.map(async ({ job, inserted }) => {
        // What this submission wrote is known; what another one did is read.
        if (inserted)
          return [{ inserted, job: { ...job, payload: payloads.get(job.job_id) ?? null, result: null } }];
        const tenant = jobs.find(({ job_id }) => job_id === job.job_id)?.tenant ?? '';
        return (await get(tenant, job.job_id)).map((found) => ({ inserted, job: found }));
      });
      return (await Promise.all(whole)).flat();
    },
  };
}
