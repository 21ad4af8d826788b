import type { JobSummary, NewJob } from '../../job/job.ts';
import type { Inserted, SubmissionStore } from '../../job/submit.ts';
import type { DataApi } from './data-api.ts';
import { FIND_JOBS, INSERT_JOBS, INSERT_JOBS_THAT_FIT } from './sql/insert-jobs.ts';

/** The most jobs whose summaries, of up to 12 KB with tags and metadata, fit into a response of the Data API (1 MiB). A batch has a hundred. */
const MAX_FOUND_AT_ONCE = 80;

/** The submissions in Aurora. */
export function createSubmissionStore(dataApi: DataApi): SubmissionStore {
  return {
    async find(tenant, jobIds) {
      const half = Math.ceil(jobIds.length / 2);
      const parts =
        jobIds.length > MAX_FOUND_AT_ONCE ? [jobIds.slice(0, half), jobIds.slice(half)] : [jobIds];
      const found = await Promise.all(
        parts.map((ids) => dataApi.query<JobSummary>(FIND_JOBS, { tenant, job_ids: JSON.stringify(ids) })),
      );
      return found.flat();
    },

    async insert(jobs) {
      const written = await dataApi.query<Inserted>(INSERT_JOBS, { jobs: JSON.stringify(jobs) });
      return inOrderOf(jobs, written);
    },

    async insertThatFit(jobs, maxInFlight) {
      const { rows, isOnly } = await dataApi.queryKnowing<Inserted>(INSERT_JOBS_THAT_FIT, {
        jobs: JSON.stringify(jobs),
        max_in_flight: maxInFlight,
      });
      return { written: inOrderOf(jobs, rows), applied: isOnly ? 'no' : 'unknown' };
    },
  };
}

/** The statements answer in the order of the ids. */
function inOrderOf(jobs: readonly NewJob[], written: readonly Inserted[]): Inserted[] {
  const byId = new Map(written.map((row) => [row.job.job_id, row]));
  return jobs.flatMap((job) => byId.get(job.job_id) ?? []);
}
