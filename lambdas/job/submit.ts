import {
  findHolder,
  openWindow,
  settleOpening,
  type DedupPorts,
  type WindowClaim,
  type DedupKey,
} from './dedup.ts';
import {
  DuplicateJobError,
  StoreUnavailableError,
  TooManyJobsError,
  TooManySubmissionsError,
} from './errors.ts';
import type { Json, JobSummary, NewJob } from './job.ts';
import type { Activity } from './activity.ts';
import type { Clock } from './clock.ts';
import type { JobQueue, WakeUp } from './job-queue.ts';
import type { Log } from './log.ts';
import type { TenantLimits } from './tenant-limits.ts';

/** Writes new jobs, and finds those that were there first: whole ones, or summaries where there may be many. */
export interface SubmissionStore<Document extends JobSummary> {
  find(tenant: string, jobIds: readonly string[]): Promise<Document[]>;
  /**
   * Writes jobs that are not there yet, in one statement; `inserted` is false where another submission had written
   * the job_id before.
   * @throws StoreUnavailableError
   */
  insert(jobs: readonly NewJob[]): Promise<Inserted<Document>[]>;
  /**
   * The same, but for the jobs beyond `maxInFlight` of their tenant that have not ended: those are not in the answer. `applied`
   * says of these whether they are certainly not written, or whether a lost request may still write them.
   * @throws StoreUnavailableError
   */
  insertThatFit(
    jobs: readonly NewJob[],
    maxInFlight: number,
  ): Promise<{ written: Inserted<Document>[]; applied: 'no' | 'unknown' }>;
}

/** A job that is there; `inserted` is false where another submission had written it. */
export interface Inserted<Document extends JobSummary> {
  job: Document;
  inserted: boolean;
}

/** A submission whose fields, type and payload have been checked. */
export interface Submission {
  tenant: string;
  objectId: string | null;
  type: string;
  payload: Json;
  delaySeconds: number;
  maxAttempts: number;
  timeoutSeconds: number;
  onDuplicate: 'return' | 'reject';
  /** Whom to tell the outcome, by a `webhook` job with these limits. */
  callback: { url: string; maxAttempts: number; timeoutSeconds: number } | null;
}

export interface Submitted<Document extends JobSummary> {
  job: Document;
  deduplicated: boolean;
  /** When the object may be submitted as a new job; null without an object_id. */
  windowEndsAt: Date | null;
}

export interface SubmitPorts<Document extends JobSummary> extends Omit<DedupPorts<Document>, 'findJob'> {
  submissions: SubmissionStore<Document>;
  limits: TenantLimits;
  queue: JobQueue;
  activity: Activity;
  log: Log;
}

/**
 * Submits one job: opens the dedup window, writes the row, wakes a worker. Dying between two steps loses nothing: a key
 * without a row is taken over by the next submission of the object, and a row without a message is sent by the sweeper.
 *
 * @throws DuplicateJobError for a duplicate that asked to be rejected
 * @throws TooManySubmissionsError, TooManyJobsError for a new job beyond what its tenant may have
 * @throws StoreUnavailableError when DynamoDB or Aurora can't be reached; the client should try again
 */
export async function submit<Document extends JobSummary>(
  submission: Submission,
  ports: SubmitPorts<Document>,
): Promise<Submitted<Document>> {
  const claim = await claimWindow(submission, ports);
  if (claim.duplicateOf) return duplicate(submission, claim, claim.duplicateOf);
  const [written] = await writeJobs([{ submission, claim }], ports);
  if (!written) throw new Error(`The writing of job ${claim.jobId} came to nothing.`);
  if ('refusal' in written) throw written.refusal;
  const { job, inserted } = written;
  if (!inserted) return duplicate(submission, claim, job);
  await wakeWorkers(
    [{ jobId: job.job_id, delaySeconds: submission.delaySeconds, tenant: submission.tenant }],
    ports,
  );
  return { job, deduplicated: false, windowEndsAt: claim.holder?.windowEndsAt ?? null };
}

async function claimWindow<Document extends JobSummary>(
  { tenant, objectId }: Submission,
  ports: SubmitPorts<Document>,
): Promise<WindowClaim<Document>> {
  // The mark must be down before the row is: the sweeper only looks where there may be work. Where the mark fails the key
  // stays; it names no job and will be taken over.
  const [, opening] = await Promise.all([ports.activity.mark(), openWindow(tenant, objectId, ports)]);
  const dedup = dedupPorts(ports);
  return settleOpening(opening, await findHolder(opening, dedup), dedup);
}

/** The ports of the dedup window, which reads one job at a time. */
export function dedupPorts<Document extends JobSummary>(ports: SubmitPorts<Document>): DedupPorts<Document> {
  const findJob = async (tenant: string, jobId: string): Promise<Document | undefined> =>
    (await ports.submissions.find(tenant, [jobId]))[0];
  return { ...ports, findJob };
}

/** A submission, and the window under which its job is to be written. */
export interface ClaimedSubmission<Document extends JobSummary> {
  submission: Submission;
  claim: WindowClaim<Document>;
}

/** A job that is written, or why it is not. */
export type Written<Document extends JobSummary> =
  Inserted<Document> | { refusal: TooManySubmissionsError | TooManyJobsError };

/**
 * Writes the jobs of one tenant in one statement: as many as its limits leave room for, the first ones first. Should that fail,
 * or a job be refused, the windows that were opened are closed again, but only where the rows certainly do not exist. Were one
 * there, a released window would let a second job in; kept, the next submission of the object finds the row, or writes it
 * under the same job_id.
 *
 * @returns in the order of the submissions
 */
export async function writeJobs<Document extends JobSummary>(
  claimed: readonly ClaimedSubmission<Document>[],
  ports: SubmitPorts<Document>,
): Promise<Written<Document>[]> {
  const inTime = await takeRate(claimed, ports);
  const offered = claimed.slice(0, inTime);
  const [rows] = await Promise.all([
    offered.length > 0 ? insertJobs(offered, ports) : [],
    releaseWindows(claimed.slice(inTime), ports),
  ]);
  return [...rows, ...claimed.slice(inTime).map(() => ({ refusal: new TooManySubmissionsError() }))];
}

/** How many of the submissions the present second has room for. Counted here and not before: a duplicate is no new job. */
async function takeRate<Document extends JobSummary>(
  claimed: readonly ClaimedSubmission<Document>[],
  ports: SubmitPorts<Document>,
): Promise<number> {
  try {
    return await ports.limits.rate.take(claimed[0]?.submission.tenant ?? '', claimed.length);
  } catch (error) {
    await releaseWindows(claimed, ports);
    throw error;
  }
}

async function insertJobs<Document extends JobSummary>(
  claimed: readonly ClaimedSubmission<Document>[],
  ports: SubmitPorts<Document>,
): Promise<Written<Document>[]> {
  const { submissions, limits, clock } = ports;
  const jobs = claimed.map((entry) => newJob(entry, clock));
  try {
    if (limits.maxJobsInFlight === 0) return await submissions.insert(jobs);
    const { written, applied } = await submissions.insertThatFit(jobs, limits.maxJobsInFlight);
    const rowOf = new Map(written.map((row) => [row.job.job_id, row]));
    const refused = claimed.filter(({ claim }) => !rowOf.has(claim.jobId));
    if (applied === 'no') await releaseWindows(refused, ports);
    return claimed.map(
      ({ claim }) => rowOf.get(claim.jobId) ?? { refusal: new TooManyJobsError(limits.maxJobsInFlight) },
    );
  } catch (error) {
    if (error instanceof StoreUnavailableError && error.applied === 'no')
      await releaseWindows(claimed, ports);
    throw error;
  }
}

async function releaseWindows<Document extends JobSummary>(
  claimed: readonly ClaimedSubmission<Document>[],
  ports: SubmitPorts<Document>,
): Promise<void> {
  await Promise.all(
    claimed.map(async ({ claim: { opened, holder } }) => {
      if (opened && holder) await releaseWindow(opened, holder.owner, ports);
    }),
  );
}

async function releaseWindow<Document extends JobSummary>(
  key: DedupKey,
  owner: string,
  { dedup, log }: SubmitPorts<Document>,
): Promise<void> {
  try {
    await dedup.release(key, owner);
  } catch (error) {
    log.warn('The dedup key was not released; the next submission of the object takes it over.', { error });
  }
}

/** Wakes a worker for each job. What can't be sent now is sent by the sweeper: the client is answered all the same. */
export async function wakeWorkers(
  wakeUps: readonly WakeUp[],
  { queue, log }: { queue: JobQueue; log: Log },
): Promise<void> {
  for (const jobId of await queue.send(wakeUps)) {
    log.warn('The job is written but was not sent; the sweeper sends it.', { job_id: jobId });
  }
}

/** @throws DuplicateJobError where the submission asked for it */
export function duplicate<Document extends JobSummary>(
  { onDuplicate, objectId }: Submission,
  { holder }: WindowClaim<Document>,
  job: Document,
): Submitted<Document> {
  const windowEndsAt = holder?.windowEndsAt ?? null;
  if (onDuplicate === 'reject' && windowEndsAt) {
    throw new DuplicateJobError(objectId ?? '', job.job_id, windowEndsAt);
  }
  return { job, deduplicated: true, windowEndsAt };
}

function newJob<Document extends JobSummary>(
  { submission, claim }: ClaimedSubmission<Document>,
  clock: Clock,
): NewJob {
  const { callback } = submission;
  return {
    job_id: claim.jobId,
    submission_id: claim.holder?.owner ?? claim.jobId,
    tenant: submission.tenant,
    object_id: submission.objectId,
    type: submission.type,
    payload: submission.payload,
    max_attempts: submission.maxAttempts,
    timeout_seconds: submission.timeoutSeconds,
    delay_seconds: submission.delaySeconds,
    callback: callback && {
      job_id: clock.newId(),
      url: callback.url,
      max_attempts: callback.maxAttempts,
      timeout_seconds: callback.timeoutSeconds,
    },
  };
}
