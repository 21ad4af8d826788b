import {
  findHolder,
  openWindow,
  settleOpening,
  type DedupPorts,
  type WindowClaim,
  type DedupKey,
  type FoundJob,
} from './dedup.ts';
import {
  DuplicateJobError,
  StoreUnavailableError,
  TooManyJobsError,
  TooManySubmissionsError,
} from './errors.ts';
import type { JobReader } from './job-store.ts';
import type { Job, Json, JobSummary, NewJob } from './job.ts';
import type { AuditEntry } from './audit.ts';
import type { Activity } from './activity.ts';
import type { FlowControl } from './flow-control.ts';
import type { Clock } from './clock.ts';
import type { JobQueue, WakeUp } from './job-queue.ts';
import type { ServiceLog } from './log.ts';
import type { TraceContext } from './trace-context.ts';
import type { Tracer } from './tracer.ts';
import type { TenantLimits } from './tenant-limits.ts';

/** Writes new jobs and finds existing ones, without payloads and results: many whole jobs could exceed the Data API’s 1 MiB. */
export interface SubmissionStore {
  find(tenant: string, jobIds: readonly string[]): Promise<JobSummary[]>;
  /**
   * Writes jobs that are not there yet, in one statement; `inserted` is false where another submission had written
   * the job_id before.
   * @throws StoreUnavailableError
   */
  insert(jobs: readonly NewJob[]): Promise<Inserted[]>;
  /**
   * The same, but for the jobs beyond `maxInFlight` of their tenant that have not ended: those are not in the answer. `applied`
   * says of these whether they are certainly not written, or whether a lost request may still write them.
   * @throws StoreUnavailableError
   */
  insertThatFit(
    jobs: readonly NewJob[],
    maxInFlight: number,
  ): Promise<{ written: Inserted[]; applied: 'no' | 'unknown' }>;
}

/** A job that is there; `inserted` is false where another submission had written it. */
export interface Inserted {
  job: JobSummary;
  inserted: boolean;
}

/** A submission whose fields, type and payload have been checked. */
export interface Submission {
  tenant: string;
  objectId: string | null;
  type: string;
  queue: string;
  payload: Json;
  delaySeconds: number;
  maxAttempts: number;
  timeoutSeconds: number;
  onDuplicate: 'return' | 'reject';
  /** Whom to tell the outcome, by a `webhook` job with these limits. */
  callback: { url: string; maxAttempts: number; timeoutSeconds: number } | null;
  submittedBy: AuditEntry['actor'];
  /** @default - priority 5, no limits */
  flow?: FlowControl | undefined;
  /** The place of the submission in a trace. */
  trace?: TraceContext | undefined;
}

export interface Submitted {
  job: FoundJob;
  deduplicated: boolean;
  /** When the object may be submitted as a new job; null without an object_id. */
  windowEndsAt: Date | null;
}

/** The outcome of a single submission, with the whole job. */
export interface SubmittedJob extends Submitted {
  job: Job;
}

export interface SubmitPorts extends DedupPorts {
  submissions: SubmissionStore;
  limits: TenantLimits;
  queue: JobQueue;
  activity: Activity;
  log: ServiceLog;
  /** @default - no spans */
  tracer?: Tracer | undefined;
}

/** A single submission also reads the whole job of a duplicate. */
export interface SingleSubmitPorts extends SubmitPorts {
  store: Pick<JobReader, 'get'>;
}

/**
 * Submits one job: opens the dedup window, writes the row, wakes a worker. Dying between two steps loses nothing: a key
 * without a row is taken over by the next submission of the object, and a row without a message is sent by the sweeper.
 *
 * @throws DuplicateJobError for a duplicate that asked to be rejected
 * @throws TooManySubmissionsError, TooManyJobsError for a new job beyond what its tenant may have
 * @throws StoreUnavailableError when DynamoDB or Aurora can't be reached; the client should try again
 */
export async function submit(submission: Submission, ports: SingleSubmitPorts): Promise<SubmittedJob> {
  if (!ports.tracer) return submitJob(submission, ports);
  return ports.tracer.submissions([submission], ([traced = submission]) => submitJob(traced, ports));
}

async function submitJob(submission: Submission, ports: SingleSubmitPorts): Promise<SubmittedJob> {
  const claim = await claimWindow(submission, ports);
  if (claim.duplicateOf)
    return complete(duplicate(submission, claim, claim.duplicateOf, ports.log), submission, ports);
  const [written] = await writeJobs([{ submission, claim }], ports);
  if (!written) throw new Error(`The writing of job ${claim.jobId} came to nothing.`);
  if ('refusal' in written) throw written.refusal;
  const { job, inserted } = written;
  if (!inserted) return complete(duplicate(submission, claim, job, ports.log), submission, ports);
  await wakeWorkers(
    [
      {
        jobId: job.job_id,
        delaySeconds: submission.delaySeconds,
        tenant: submission.tenant,
        queue: job.queue,
      },
    ],
    ports,
  );
  const whole: Job = { ...job, payload: submission.payload, result: null };
  return { job: whole, deduplicated: false, windowEndsAt: claim.holder?.windowEndsAt ?? null };
}

/** Adds a duplicate’s payload and result, which are read now unless the job was found with them. */
async function complete(
  submitted: Submitted,
  { tenant }: Submission,
  { store }: SingleSubmitPorts,
): Promise<SubmittedJob> {
  const { job } = submitted;
  const whole = 'payload' in job ? job : await store.get(tenant, job.job_id);
  if (!whole) throw new Error(`Job ${job.job_id} was deleted while it was being submitted again.`);
  return { ...submitted, job: whole };
}

async function claimWindow({ tenant, objectId }: Submission, ports: SingleSubmitPorts): Promise<WindowClaim> {
  // The mark must be down before the row is: the sweeper only looks where there may be work. Where the mark fails the key
  // stays; it names no job and will be taken over.
  const [, opening] = await Promise.all([ports.activity.mark(), openWindow(tenant, objectId, ports)]);
  const dedup = { ...ports, findJob: (_tenant: string, jobId: string) => ports.store.get(tenant, jobId) };
  return settleOpening(opening, await findHolder(opening, dedup), dedup);
}

/** A submission, and the window under which its job is to be written. */
export interface ClaimedSubmission {
  submission: Submission;
  claim: WindowClaim;
}

/** A job that is written, or why it is not. */
export type Written = Inserted | { refusal: TooManySubmissionsError | TooManyJobsError };

/**
 * Writes the jobs of one tenant in one statement: as many as its limits leave room for, the first ones first. Should that fail,
 * or a job be refused, the windows that were opened are closed again, but only where the rows certainly do not exist. Were one
 * there, a released window would let a second job in; kept, the next submission of the object finds the row, or writes it
 * under the same job_id. While the database resumes, the windows stay open too: the client is about to send the submission again.
 *
 * @returns in the order of the submissions
 */
export async function writeJobs(
  claimed: readonly ClaimedSubmission[],
  ports: SubmitPorts,
): Promise<Written[]> {
  const inTime = await takeRate(claimed, ports);
  const offered = claimed.slice(0, inTime);
  const [rows] = await Promise.all([
    offered.length > 0 ? insertJobs(offered, ports) : [],
    releaseWindows(claimed.slice(inTime), ports),
  ]);
  for (const [index, row] of rows.entries()) {
    if (!('job' in row && row.inserted)) continue;
    const tenant = offered[index]?.submission.tenant;
    const { job_id, type, queue } = row.job;
    ports.log.debug('job_accepted', 'The job was accepted.', { job_id, tenant, type, queue });
  }
  return [...rows, ...claimed.slice(inTime).map(() => ({ refusal: new TooManySubmissionsError() }))];
}

/** How many of the submissions the present second has room for. Counted here and not before: a duplicate is no new job. */
async function takeRate(claimed: readonly ClaimedSubmission[], ports: SubmitPorts): Promise<number> {
  try {
    return await ports.limits.rate.take(claimed[0]?.submission.tenant ?? '', claimed.length);
  } catch (error) {
    await releaseWindows(claimed, ports);
    throw error;
  }
}

async function insertJobs(claimed: readonly ClaimedSubmission[], ports: SubmitPorts): Promise<Written[]> {
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
    const isRefused = error instanceof StoreUnavailableError && error.applied === 'no' && !error.isResuming;
    if (isRefused) await releaseWindows(claimed, ports);
    throw error;
  }
}

async function releaseWindows(claimed: readonly ClaimedSubmission[], ports: SubmitPorts): Promise<void> {
  await Promise.all(
    claimed.map(async ({ claim: { opened, holder } }) => {
      if (opened && holder) await releaseWindow(opened, holder.owner, ports);
    }),
  );
}

async function releaseWindow(key: DedupKey, owner: string, { dedup, log }: SubmitPorts): Promise<void> {
  try {
    await dedup.release(key, owner);
  } catch (error) {
    log.warn(
      'dedup_key_not_released',
      'The dedup key was not released; the next submission of the object takes it over.',
      { error },
    );
  }
}

/** Wakes a worker for each job. What can't be sent now is sent by the sweeper: the client is answered all the same. */
export async function wakeWorkers(
  wakeUps: readonly WakeUp[],
  { queue, log }: { queue: JobQueue; log: ServiceLog },
): Promise<void> {
  for (const jobId of await queue.send(wakeUps)) {
    log.warn('job_not_sent', 'The job is written but was not sent; the sweeper sends it.', { job_id: jobId });
  }
}

/** @throws DuplicateJobError where the submission asked for it */
export function duplicate(
  { onDuplicate, objectId, tenant }: Submission,
  { holder }: WindowClaim,
  job: FoundJob,
  log: ServiceLog,
): Submitted {
  const { job_id, type, queue } = job;
  log.debug('job_deduplicated', 'The submission led to a job that was there already.', {
    job_id,
    tenant,
    type,
    queue,
  });
  const windowEndsAt = holder?.windowEndsAt ?? null;
  if (onDuplicate === 'reject' && windowEndsAt) {
    throw new DuplicateJobError(objectId ?? '', job.job_id, windowEndsAt);
  }
  return { job, deduplicated: true, windowEndsAt };
}

function newJob({ submission, claim }: ClaimedSubmission, clock: Clock): NewJob {
  const { callback } = submission;
  return {
    job_id: claim.jobId,
    submission_id: claim.holder?.owner ?? claim.jobId,
    tenant: submission.tenant,
    object_id: submission.objectId,
    type: submission.type,
    queue: submission.queue,
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
    submitted_by: submission.submittedBy,
    trace: submission.trace,
    ...submission.flow,
  };
}
