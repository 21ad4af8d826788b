import { BatchClosedError } from '../../job/errors.ts';
import type { JobSummary, NewJob } from '../../job/job.ts';
import type { Replaced } from '../../job/holding-job.ts';
import type { Inserted, SubmissionStore } from '../../job/submission-store.ts';
import type { DataApi } from './data-api.ts';
import { FIND_JOBS, INSERT_JOBS, INSERT_JOBS_THAT_FIT } from './sql/insert-jobs.ts';

/** One row of `REPLACE_JOBS`. */
interface ReplacedRow {
  submission_id: string;
  verdict: Replaced['verdict'];
  is_repeated: boolean;
  wake_in_ms: number | null;
  job: JobSummary;
}

/**
 * The maximum number of job summaries per Data API response (1 MiB). A summary with tags and metadata is at most 12 KB. A
 * batch has up to a hundred jobs, so it may need two responses.
 */
const MAX_FOUND_AT_ONCE = 80;

/** Stores submissions in Aurora. */
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
      const written = await knowingClosed(
        jobs,
        dataApi.query<Inserted>(INSERT_JOBS, { jobs: JSON.stringify(jobs) }),
      );
      return inOrderOf(jobs, written);
    },

    async insertThatFit(jobs, maxInFlight) {
      const { rows, isOnly } = await knowingClosed(
        jobs,
        dataApi.queryKnowing<Inserted>(INSERT_JOBS_THAT_FIT, {
          jobs: JSON.stringify(jobs),
          max_in_flight: maxInFlight,
        }),
      );
      return { written: inOrderOf(jobs, rows), applied: isOnly ? 'no' : 'unknown' };
    },

    async replace(tenant, replacements) {
      // Load the statement when it is first needed, to keep cold starts short.
      const { REPLACE_JOBS } = await import('./sql/replace-jobs.ts');
      const rows = await dataApi.query<ReplacedRow>(REPLACE_JOBS, {
        tenant,
        replacements: JSON.stringify(replacements),
      });
      return rows.map((row) => ({
        job: row.job,
        submissionId: row.submission_id,
        verdict: row.verdict,
        isRepeated: row.is_repeated,
        wakeInMs: row.wake_in_ms,
      }));
    },
  };
}

/** The SQL state that migration 0024 raises for new jobs in a closed batch. */
export const BATCH_CLOSED = 'SQLState: ERBAT';

/**
 * Waits for an insertion to finish. @throws BatchClosedError if the database rejected the jobs because their batch is
 * closed
 */
async function knowingClosed<Result>(jobs: readonly NewJob[], insertion: Promise<Result>): Promise<Result> {
  try {
    return await insertion;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const batchId = jobs.find((job) => job.batch_id)?.batch_id;
    if (batchId && cause instanceof Error && cause.message.includes(BATCH_CLOSED))
      throw new BatchClosedError(batchId, 'jobs');
    throw error;
  }
}

/** Sorts the rows into the order of the submitted jobs, because the statements return them in id order. */
function inOrderOf(jobs: readonly NewJob[], written: readonly Inserted[]): Inserted[] {
  const byId = new Map(written.map((row) => [row.job.job_id, row]));
  return jobs.flatMap((job) => byId.get(job.job_id) ?? []);
}
