import { DuplicateJobError, StoreUnavailableError } from './errors.ts';
import type { Job, Json, NewJob } from './job.ts';
import type {
  Activity,
  Chance,
  DedupHolder,
  DedupKey,
  DedupWindow,
  JobQueue,
  JobStore,
  Log,
} from './ports.ts';

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
}

export interface Submitted {
  job: Job;
  deduplicated: boolean;
  /** When the object may be submitted as a new job; null without an object_id. */
  windowEndsAt: Date | null;
}

export interface SubmitPorts {
  dedup: DedupWindow;
  store: JobStore;
  queue: JobQueue;
  activity: Activity;
  chance: Chance;
  log: Log;
  /** The length of the dedup window, in seconds. */
  dedupWindowSeconds: number;
}

/**
 * Submits one job: opens the dedup window, writes the row, wakes a worker. Dying between two steps loses nothing: a key
 * without a row is taken over by the next submission of the object, and a row without a message is sent by the sweeper.
 *
 * @throws DuplicateJobError for a duplicate that asked to be rejected
 * @throws StoreUnavailableError when DynamoDB or Aurora can't be reached; the client should try again
 */
export async function submit(submission: Submission, ports: SubmitPorts): Promise<Submitted> {
  const claim = await openWindow(submission, ports);
  if (claim.duplicateOf) return duplicate(submission, claim.duplicateOf, claim.holder);
  const { job, inserted } = await writeJob(submission, claim, ports);
  if (!inserted) return duplicate(submission, job, claim.holder);
  await wakeWorker(submission, job, ports);
  return { job, deduplicated: false, windowEndsAt: claim.holder?.windowEndsAt ?? null };
}

/** What opening the window came to: the job_id to write under, or the job that was there first. */
interface WindowClaim {
  jobId: string;
  holder: DedupHolder | null;
  /** The key this submission wrote and may take back, should it fail to write the job. */
  opened: DedupKey | null;
  duplicateOf: Job | null;
}

async function openWindow(submission: Submission, ports: SubmitPorts): Promise<WindowClaim> {
  const { tenant, objectId } = submission;
  const jobId = ports.chance.newId();
  // The mark must be down before the row is: the sweeper only looks where there may be work.
  const marked = ports.activity.mark();
  if (objectId === null) {
    await marked;
    return { jobId, holder: null, opened: null, duplicateOf: null };
  }

  const key = { tenant, objectId };
  const holder: DedupHolder = {
    jobId,
    owner: jobId,
    windowEndsAt: new Date(ports.chance.now().getTime() + ports.dedupWindowSeconds * 1000),
  };
  // Two keys of one table: side by side. Where the mark fails the key stays; it names no job and will be taken over.
  const [opening] = await Promise.all([ports.dedup.open(key, holder), marked]);
  if (opening.opened) return { jobId, holder, opened: key, duplicateOf: null };

  const first = opening.holder;
  const existing = await ports.store.get(tenant, first.jobId);
  if (existing) return { jobId: first.jobId, holder: first, opened: null, duplicateOf: existing };
  return takeOver(submission, key, first, jobId, ports);
}

/**
 * The key names a job that does not exist: its submission died, failed, or is still on its way to the database. This one
 * finishes the work under the same job_id; whichever row comes first wins. The key's owner changes with it, so that a
 * failed first submission can't release a key that now stands for a row.
 */
async function takeOver(
  submission: Submission,
  key: DedupKey,
  first: DedupHolder,
  owner: string,
  ports: SubmitPorts,
): Promise<WindowClaim> {
  if (await ports.dedup.adopt(key, first, owner)) {
    // Not ours to release: the first submission may still write its row.
    return { jobId: first.jobId, holder: { ...first, owner }, opened: null, duplicateOf: null };
  }
  // Released, expired or taken over by another duplicate in between: look again. Each round somebody got ahead.
  return openWindow(submission, ports);
}

async function writeJob(
  submission: Submission,
  claim: WindowClaim,
  ports: SubmitPorts,
): Promise<{ job: Job; inserted: boolean }> {
  try {
    const [written] = await ports.store.insert([newJob(submission, claim)]);
    if (!written) throw new Error(`The store answered the insertion of job ${claim.jobId} with no row.`);
    return written;
  } catch (error) {
    // Only where the row certainly does not exist. Were it there, a released window would let a second job in; kept, the
    // next submission of the object finds the row, or writes it under the same job_id.
    const isCertain = error instanceof StoreUnavailableError && error.applied === 'no';
    if (isCertain && claim.opened && claim.holder)
      await releaseWindow(claim.opened, claim.holder.owner, ports);
    throw error;
  }
}

async function releaseWindow(key: DedupKey, owner: string, { dedup, log }: SubmitPorts): Promise<void> {
  try {
    await dedup.release(key, owner);
  } catch (error) {
    log.warn('The dedup key was not released; the next submission of the object takes it over.', { error });
  }
}

async function wakeWorker(submission: Submission, job: Job, { queue, log }: SubmitPorts): Promise<void> {
  const unsent = await queue.send([{ jobId: job.job_id, delaySeconds: submission.delaySeconds }]);
  if (unsent.length > 0)
    log.warn('The job is written but was not sent; the sweeper sends it.', { job_id: job.job_id });
}

function duplicate(submission: Submission, job: Job, holder: DedupHolder | null): Submitted {
  const windowEndsAt = holder?.windowEndsAt ?? null;
  if (submission.onDuplicate === 'reject' && windowEndsAt) {
    throw new DuplicateJobError(submission.objectId ?? '', job.job_id, windowEndsAt);
  }
  return { job, deduplicated: true, windowEndsAt };
}

function newJob(submission: Submission, claim: WindowClaim): NewJob {
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
  };
}
