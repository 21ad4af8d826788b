import {
  findHolder,
  openWindow,
  settleOpening,
  windowEndOf,
  type Debounce,
  type DedupHolder,
  type DedupPorts,
  type HolderPorts,
  type WindowClaim,
} from './dedup.ts';
import {
  BatchClosedError,
  DuplicateJobError,
  StoreUnavailableError,
  TooManyJobsError,
  TooManySubmissionsError,
} from './errors.ts';
import { met, metReplaced, wakeUpsOf, type FoundJob, type HoldingJob } from './holding-job.ts';
import type { JobReader } from './job-store.ts';
import type { Inserted, SubmissionStore } from './submission-store.ts';
import type { Job, JobSummary, Json, NewJob, Replacement } from './job.ts';
import type { AuditEntry } from './audit.ts';
import type { Activity } from './activity.ts';
import type { Metadata } from './job-fields.ts';
import type { FlowControl } from './flow-control.ts';
import { parentFields, type ParentOfChild } from './child-job.ts';
import type { Clock } from './clock.ts';
import type { JobQueue, WakeUp } from './job-queue.ts';
import type { ServiceLog } from './log.ts';
import type { TraceContext } from './trace-context.ts';
import type { Tracer } from './tracer.ts';
import { releaseWindows } from './release-windows.ts';
import type { TenantLimits } from './tenant-limits.ts';

/** A submission whose fields, type and payload have been validated. */
export interface Submission {
  tenant: string;
  objectId: string | null;
  type: string;
  queue: string;
  payload: Json;
  delaySeconds: number;
  maxAttempts: number;
  timeoutSeconds: number;
  /** The maximum total duration of a job with steps, in seconds. @default - a day */
  maxDurationSeconds?: number | undefined;
  onDuplicate: 'return' | 'reject' | 'replace';
  /** The length of the dedup window that this submission opens, in seconds. @default - the deployment's dedup window */
  dedupSeconds?: number | undefined;
  /** Implies `onDuplicate: 'replace'`, and delays the job by the debounce's `seconds`. */
  debounce?: Debounce | undefined;
  /** The URL to which a `webhook` job sends the outcome, and the `webhook` job's limits; null without a callback. */
  callback: { url: string; maxAttempts: number; timeoutSeconds: number } | null;
  submittedBy: AuditEntry['actor'];
  /** @default - none */
  tags?: readonly string[] | undefined;
  /** @default - none */
  metadata?: Metadata | undefined;
  /** @default - priority 5, no limits */
  flow?: FlowControl | undefined;
  /** The submission's trace context. */
  trace?: TraceContext | undefined;
  /** The id of the batch that the new job joins. */
  batchId?: string | undefined;
  /** The parent job and step, if the submission is a child job. */
  parent?: ParentOfChild | undefined;
}

export interface Submitted {
  job: FoundJob;
  deduplicated: boolean;
  /** Whether the submission replaced the existing job's payload. */
  replaced: boolean;
  /**
   * The end of the dedup window, after which a submission with the same object_id creates a new job; null without an
   * object_id. A debounced job's window ends at the job's due time.
   */
  windowEndsAt: Date | null;
}

/** The outcome of a single submission, with the job's payload and result. */
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

/**
 * Dependencies of a single submission. Unlike a batch, a single submission returns the existing job's payload and result if it
 * is a duplicate.
 */
export interface SingleSubmitPorts extends SubmitPorts {
  store: Pick<JobReader, 'get'>;
}

/**
 * Submits one job: opens the dedup window, writes the row, and wakes a worker. A crash between these steps loses nothing:
 * the object's next submission takes over a dedup key without a row, and the sweeper sends a missing message.
 *
 * @throws DuplicateJobError if the submission is a duplicate and `onDuplicate` is `reject`, or if it can't replace a job of
 * another type
 * @throws TooManySubmissionsError, TooManyJobsError if a new job exceeds its tenant's limits
 * @throws StoreUnavailableError if DynamoDB or Aurora is unreachable; the client should try again
 */
export async function submit(submission: Submission, ports: SingleSubmitPorts): Promise<SubmittedJob> {
  if (!ports.tracer) return submitJob(submission, ports);
  return ports.tracer.submissions([submission], ([traced = submission]) => submitJob(traced, ports));
}

async function submitJob(submission: Submission, ports: SingleSubmitPorts): Promise<SubmittedJob> {
  const holderPorts = { ...ports, findJob: findWhole(submission, ports) };
  const submitted = await writeOrMeet(submission, await claimWindow(submission, holderPorts), holderPorts);
  return complete(submitted, submission, ports);
}

/**
 * Writes the job for a claimed window and wakes a worker, unless the job already exists. If another submission writes the
 * job's row first, this submission becomes a duplicate of that submission.
 */
export async function writeOrMeet(
  submission: Submission,
  first: WindowClaim,
  ports: SubmitPorts & HolderPorts,
): Promise<Submitted> {
  let claim = first;
  for (;;) {
    if (claim.duplicateOf) {
      const { duplicateOf } = claim;
      const submitted = duplicate(submission, claim, duplicateOf, ports.log);
      const wakeUps = wakeUpsOf(submission.tenant, duplicateOf);
      if (wakeUps.length > 0) await wakeWorkers(wakeUps, ports);
      return submitted;
    }
    const [written] = await writeJobs([{ submission, claim }], ports);
    if (!written) throw new Error(`The insert of job ${claim.jobId} returned no row.`);
    if ('refusal' in written) throw written.refusal;
    const { job, inserted } = written;
    if (inserted) {
      const { delaySeconds, tenant } = submission;
      await wakeWorkers([{ jobId: job.job_id, delaySeconds, tenant, queue: job.queue }], ports);
      return { job, deduplicated: false, replaced: false, windowEndsAt: windowEndOf(job, claim.holder) };
    }
    if (!claim.holder) return duplicate(submission, claim, met(job), ports.log);
    claim = await meetWriter(submission, claim.holder, ports);
  }
}

/** Checks the window again after another submission was the first to write the job's row. */
export async function meetWriter(
  submission: Submission,
  holder: DedupHolder,
  ports: HolderPorts,
): Promise<WindowClaim> {
  const { tenant, objectId } = submission;
  const key = { tenant, objectId: objectId ?? '' };
  const held = { isOurs: false, key, holder, submissionId: holder.owner } as const;
  return settleOpening(submission, held, await findHolder(held, ports), ports);
}

/**
 * Returns a function that reads the job holding a window, including the job's payload and result. If the submission asks for
 * a replacement, the function replaces that job instead.
 */
function findWhole(submission: Submission, ports: SingleSubmitPorts): HolderPorts['findJob'] {
  return async ({ key, holder, submissionId }) => {
    if (submission.onDuplicate !== 'replace') {
      const job = await ports.store.get(key.tenant, holder.jobId);
      return job && met(job);
    }
    const replacement = replacementOf(submission, holder, submissionId, ports.clock);
    const [replaced] = await ports.submissions.replace(key.tenant, [replacement]);
    if (!replaced) return undefined;
    const found = metReplaced(replaced);
    // The replacing statement returns no payload. The job now has this submission's payload, unless this request is a repeat.
    // Since the first request, a newer submission may have replaced the payload.
    const isCurrent = replaced.verdict === 'replaced' && !replaced.isRepeated;
    return isCurrent ? { ...found, job: wholeJob(found.job, submission) } : found;
  };
}

/** Creates the replacement for the job that holds a window. */
export function replacementOf(
  submission: Submission,
  { jobId, windowEndsAt }: DedupHolder,
  submissionId: string,
  clock: Clock,
): Replacement {
  const { debounce } = submission;
  return {
    ...newJob(submission, { jobId, submissionId }, clock),
    ...(debounce && { max_seconds: debounce.maxSeconds, window_ends_at: windowEndsAt.toISOString() }),
  };
}

/** Adds the payload and result to the submitted job. Reads the job from the store only if the payload is missing. */
async function complete(
  submitted: Submitted,
  submission: Submission,
  { store }: SingleSubmitPorts,
): Promise<SubmittedJob> {
  const { job, deduplicated } = submitted;
  if (!deduplicated) return { ...submitted, job: wholeJob(job, submission) };
  const whole = 'payload' in job ? job : await store.get(submission.tenant, job.job_id);
  if (!whole) throw new Error(`Job ${job.job_id} was deleted while it was being submitted again.`);
  return { ...submitted, job: whole };
}

/** Completes the summary of a job that no worker has claimed yet: adds the payload, and a null result. */
function wholeJob(job: JobSummary, { payload }: Submission): Job {
  return { ...job, waiting_for: null, payload, result: null };
}

async function claimWindow(submission: Submission, ports: SubmitPorts & HolderPorts): Promise<WindowClaim> {
  // Mark activity before writing the row, because the sweeper looks for jobs only if there may be work. If marking fails,
  // the dedup window has no job, and the object's next submission takes over the window.
  const [, opening] = await Promise.all([ports.activity.mark(), openWindow(submission, ports)]);
  return settleOpening(submission, opening, await findHolder(opening, ports), ports);
}

/** A submission, together with the window that it has claimed for its job. */
export interface ClaimedSubmission {
  submission: Submission;
  claim: WindowClaim;
}

/** A written job, or the error for a job that would exceed a limit. */
export type Written = Inserted | { refusal: TooManySubmissionsError | TooManyJobsError };

/**
 * Writes a tenant's jobs in one statement, in order, up to the tenant's limits. If the write fails or a job is rejected,
 * closes the windows of those jobs that certainly do not exist. (Closing an existing job's window would allow a second job
 * for the same object.) If a window stays open, the object's next submission finds the job, or writes it with the same
 * job_id. If the database is resuming, the windows stay open, because the client will retry.
 *
 * @returns the results in the submissions' order
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

/**
 * Returns the number of new jobs that fit into the tenant's submission rate for the current second. Duplicates don't count
 * toward the rate, so call this only after they have been found.
 */
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
  const jobs = claimed.map(({ submission, claim: { jobId, holder } }) =>
    newJob(submission, { jobId, submissionId: holder?.owner ?? jobId }, clock),
  );
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
    const isRefused =
      error instanceof BatchClosedError ||
      (error instanceof StoreUnavailableError && error.applied === 'no' && !error.isResuming);
    if (isRefused) await releaseWindows(claimed, ports);
    throw error;
  }
}

/**
 * Wakes a worker for each job. If a message can't be sent, the submission still succeeds, because the sweeper will send the
 * message.
 */
export async function wakeWorkers(
  wakeUps: readonly WakeUp[],
  { queue, log }: { queue: JobQueue; log: ServiceLog },
): Promise<void> {
  for (const jobId of await queue.send(wakeUps)) {
    log.warn('job_not_sent', 'The job was written but not sent; the sweeper will send it.', {
      job_id: jobId,
    });
  }
}

/**
 * Returns a duplicate submission's outcome.
 *
 * @throws DuplicateJobError if `onDuplicate` is `reject`, or if the submission can't replace the job because the job has
 * another type
 */
export function duplicate(
  { onDuplicate, objectId, tenant, type: ownType }: Submission,
  { holder }: WindowClaim,
  { job, replaced, isOtherType }: HoldingJob,
  log: ServiceLog,
): Submitted {
  const { job_id, type, queue } = job;
  log.debug('job_deduplicated', 'The submission matched an existing job.', {
    job_id,
    tenant,
    type,
    queue,
    replaced,
  });
  const windowEndsAt = windowEndOf(job, holder);
  if (windowEndsAt && (isOtherType || onDuplicate === 'reject')) {
    const replacement = isOtherType ? { ownType, type } : undefined;
    throw new DuplicateJobError(objectId ?? '', job_id, windowEndsAt, replacement);
  }
  return { job, deduplicated: true, replaced, windowEndsAt };
}

function newJob(
  submission: Submission,
  { jobId, submissionId }: { jobId: string; submissionId: string },
  clock: Clock,
): NewJob {
  const { callback } = submission;
  return {
    job_id: jobId,
    submission_id: submissionId,
    tenant: submission.tenant,
    object_id: submission.objectId,
    type: submission.type,
    queue: submission.queue,
    payload: submission.payload,
    max_attempts: submission.maxAttempts,
    timeout_seconds: submission.timeoutSeconds,
    max_duration_seconds: submission.maxDurationSeconds,
    delay_seconds: submission.delaySeconds,
    callback: callback && {
      job_id: clock.newId(),
      url: callback.url,
      max_attempts: callback.maxAttempts,
      timeout_seconds: callback.timeoutSeconds,
    },
    submitted_by: submission.submittedBy,
    trace: submission.trace,
    ...(submission.debounce && { debounced: true }),
    batch_id: submission.batchId ?? null,
    tags: submission.tags,
    metadata: submission.metadata,
    ...submission.flow,
    ...parentFields(submission.parent),
  };
}
