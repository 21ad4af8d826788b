import type { Attempt, Job, JobSummary } from '../../job/job.ts';
import type { LogPart } from '../../job/log-buffer.ts';
import type { JobStore } from '../../job/job-store.ts';
import type { JobStatus } from '../../job/status.ts';
import type { DataApi, Parameter, Statement } from './data-api.ts';
import { endedJobsOf, familyOf, type FamilyRow } from './ended-jobs.ts';
import { entryParameters } from './sql/audit-entry.ts';
import { CANCEL_JOB, RESUBMIT_JOB } from './sql/change-jobs.ts';
import { searchParameters } from './sql/job-filter.ts';
import {
  GET_JOB,
  GET_STATUS,
  GET_TYPE,
  LIST_ATTEMPTS,
  listJobs,
  LOG_PARTS_AT_ONCE,
  MAX_EXAMINED_JOBS,
  READ_LOG,
} from './sql/read-jobs.ts';
import { toWholeJob, type JobRow } from './whole-job.ts';
import { madeRoom, type WokenJob } from './woken-jobs.ts';

/** The outcome of a statement that changes a job: whether the job was changed, and if not, the reason. */
interface Verdict {
  applied: boolean;
}

interface Cancellation extends Verdict, FamilyRow {
  woken: WokenJob[] | null;
}

interface Resubmission extends Verdict {
  is_beyond_limit: boolean;
  is_without_queue: boolean;
}

type ChangeRow<Kind extends Verdict> = Kind & { job: JobRow };

/** The first row of a list page. */
interface PageRow {
  found: number;
  examined_to: string | null;
}

/** One row of {@link READ_LOG}. */
type LogRow = { status: JobStatus } & ((LogPart & { attempt: number }) | { part: null });

/** The only row returned for a job without attempts. */
interface NoAttempt {
  attempt: null;
}

/**
 * Gives the API access to jobs in Aurora.
 *
 * @param queues this deployment's queues
 */
export function createJobStore(dataApi: DataApi, queues: readonly string[]): JobStore {
  async function change<Kind extends Verdict>(
    statement: Statement,
    parameters: Record<string, Parameter>,
  ): Promise<(Kind & { job: Job }) | undefined> {
    const [row] = await dataApi.query<ChangeRow<Kind>>(statement, parameters);
    return row && { ...row, job: await toWholeJob(row.job, dataApi) };
  }

  return {
    ...endedJobsOf(dataApi),

    async get(tenant, jobId) {
      const [row] = await dataApi.query<JobRow>(GET_JOB, { tenant, job_id: jobId });
      return row && toWholeJob(row, dataApi);
    },

    async type(tenant, jobId) {
      const [type] = await dataApi.query<string>(GET_TYPE, { tenant, job_id: jobId });
      return type;
    },

    async status(tenant, jobId) {
      const [status] = await dataApi.query<JobStatus>(GET_STATUS, { tenant, job_id: jobId });
      return status;
    },

    async list({ tenant, limit, ...search }) {
      const [answer, ...found] = await dataApi.query<PageRow | JobSummary>(listJobs(search), {
        tenant,
        // Read one more job than the page holds, to see whether there is another page.
        limit: limit + 1,
        examined: Math.max(MAX_EXAMINED_JOBS, limit + 1),
        ...searchParameters(search),
      });
      if (!answer) throw new Error('The list of jobs returned no row.');
      const { found: count, examined_to: examinedTo } = answer as PageRow;
      const jobs = (found as JobSummary[]).slice(0, limit);
      const isCut = jobs.length < count;
      return { jobs, continueAfter: isCut ? (jobs.at(-1)?.job_id ?? null) : examinedTo };
    },

    async attempts(tenant, jobId) {
      const rows = await dataApi.query<Attempt | NoAttempt>(LIST_ATTEMPTS, { tenant, job_id: jobId });
      if (rows.length === 0) return undefined;
      return rows.filter((row) => row.attempt !== null).reverse();
    },

    async log(tenant, jobId, { attempt, part }, onlyAttempt = 0) {
      const parameters = { tenant, job_id: jobId, attempt, part, only_attempt: onlyAttempt };
      const rows = await dataApi.query<LogRow>(READ_LOG, parameters);
      const status = rows[0]?.status;
      if (status === undefined) return undefined;
      const parts = rows.flatMap((row) => (row.part === null ? [] : [row]));
      return { status, parts, hasMore: parts.length === LOG_PARTS_AT_ONCE };
    },

    async cancel(tenant, jobId, entry) {
      const parameters = { tenant, job_id: jobId, ...entryParameters(entry) };
      const canceled = await change<Cancellation>(CANCEL_JOB, parameters);
      if (!canceled) return undefined;
      const { job, applied, woken } = canceled;
      return { job, applied, ...madeRoom(woken), ...familyOf(canceled) };
    },

    async resubmit(tenant, jobId, requestId, maxInFlight, entry) {
      const resubmitted = await change<Resubmission>(RESUBMIT_JOB, {
        tenant,
        job_id: jobId,
        request_id: requestId,
        max_in_flight: maxInFlight,
        queues: JSON.stringify(queues),
        ...entryParameters(entry),
      });
      if (!resubmitted) return undefined;
      const { job, applied, is_beyond_limit: isBeyondLimit, is_without_queue: isWithoutQueue } = resubmitted;
      return { job, applied, isBeyondLimit, isWithoutQueue };
    },
  };
}
