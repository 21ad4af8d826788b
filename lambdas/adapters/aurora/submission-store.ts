import type { Job, JobSummary, NewJob } from '../../job/job.ts';
import type { Inserted, SubmissionStore } from '../../job/submit.ts';
import type { DataApi } from './data-api.ts';
import { FIND_JOBS, INSERT_JOBS, INSERT_JOBS_THAT_FIT } from './sql/insert-jobs.ts';
import { GET_JOB } from './sql/read-jobs.ts';
import { toWholeJob, type JobRow } from './whole-job.ts';

/** Submissions in Aurora, answered with summaries: many whole jobs could exceed the Data API's 1 MiB. */
export function createBatchSubmissionStore(dataApi: DataApi): SubmissionStore<JobSummary> {
  return {
    find(tenant, jobIds) {
      return dataApi.query<JobSummary>(FIND_JOBS, { tenant, job_ids: JSON.stringify(jobIds) });
    },

    async insert(jobs) {
      const written = await dataApi.query<Inserted<JobSummary>>(INSERT_JOBS, { jobs: JSON.stringify(jobs) });
      return inOrderOf(jobs, written);
    },

    async insertThatFit(jobs, maxInFlight) {
      const { rows, isOnly } = await dataApi.queryKnowing<Inserted<JobSummary>>(INSERT_JOBS_THAT_FIT, {
        jobs: JSON.stringify(jobs),
        max_in_flight: maxInFlight,
      });
      return { written: inOrderOf(jobs, rows), applied: isOnly ? 'no' : 'unknown' };
    },
  };
}

/** The statements answer in the order of the ids. */
function inOrderOf(
  jobs: readonly NewJob[],
  written: readonly Inserted<JobSummary>[],
): Inserted<JobSummary>[] {
  const byId = new Map(written.map((row) => [row.job.job_id, row]));
  return jobs.flatMap((job) => byId.get(job.job_id) ?? []);
}

/** Submissions in Aurora, one at a time, answered with the whole job. */
export function createSubmissionStore(dataApi: DataApi): SubmissionStore<Job> {
  const summaries = createBatchSubmissionStore(dataApi);

  async function get(tenant: string, jobId: string): Promise<Job[]> {
    const rows = await dataApi.query<JobRow>(GET_JOB, { tenant, job_id: jobId });
    return Promise.all(rows.map((row) => toWholeJob(row, dataApi)));
  }

  async function complete(
    jobs: readonly NewJob[],
    written: readonly Inserted<JobSummary>[],
  ): Promise<Inserted<Job>[]> {
    const payloads = new Map(jobs.map(({ job_id, payload }) => [job_id, payload]));
    const whole = written.map(async ({ job, inserted }) => {
      // What this submission wrote is known; what another one did is read.
      if (inserted)
        return [{ inserted, job: { ...job, payload: payloads.get(job.job_id) ?? null, result: null } }];
      const tenant = jobs.find(({ job_id }) => job_id === job.job_id)?.tenant ?? '';
      return (await get(tenant, job.job_id)).map((found) => ({ inserted, job: found }));
    });
    return (await Promise.all(whole)).flat();
  }

  return {
    async find(tenant, jobIds) {
      return (await Promise.all(jobIds.map((jobId) => get(tenant, jobId)))).flat();
    },

    async insert(jobs) {
      return complete(jobs, await summaries.insert(jobs));
    },

    async insertThatFit(jobs, maxInFlight) {
      const { written, applied } = await summaries.insertThatFit(jobs, maxInFlight);
      return { written: await complete(jobs, written), applied };
    },
  };
}
