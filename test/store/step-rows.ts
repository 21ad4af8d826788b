import { v7 as uuidv7 } from 'uuid';
import type { ClaimedJob, Recorded } from '../../lambdas/job/attempt-store.ts';
import type { Json } from '../../lambdas/job/job.ts';
import type { JobDatabase } from '../helpers/aurora.ts';
import { putJob, result, type RowOptions } from './job-rows.ts';

/** Submits a job and claims it. */
export async function startJob(db: JobDatabase, options: RowOptions = {}): Promise<ClaimedJob> {
  return claimJob(db, await putJob(db, options));
}

/** Claims a job as another worker. */
export async function claimJob(db: JobDatabase, jobId: string): Promise<ClaimedJob> {
  const [claim] = await db.attempts.claim([jobId], `worker-${uuidv7()}`, 60_000);
  if (claim?.verdict !== 'claimed') throw new Error(`The job is ${claim?.verdict ?? 'missing'}.`);
  return claim.job;
}

/** Records that a job is suspended until one of the steps ends. */
export async function suspend(db: JobDatabase, job: ClaimedJob, steps: string[]): Promise<Recorded> {
  const [recorded] = await db.attempts.record([
    result(job.jobId, {
      attempt: job.attempt,
      fence: job.fence,
      status: 'created',
      outcome: 'suspended',
      continuation: { steps },
    }),
  ]);
  if (!recorded) throw new Error('The store returned nothing.');
  return recorded;
}

/** Makes the `wait` step wait for a signal with this name, and suspends the job. */
export async function suspendForSignal(
  db: JobDatabase,
  job: ClaimedJob,
  timeoutMs?: number,
): Promise<Recorded> {
  await db.steps.wait(job, {
    step: 'wait',
    kind: 'signal',
    signal: 'approve',
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  return suspend(db, job, ['wait']);
}

/** Writes a signal directly, without the statement that sends signals. */
export async function putSignal(
  db: JobDatabase,
  jobId: string,
  { name = 'approve', payload = {} }: { name?: string; payload?: Json } = {},
): Promise<void> {
  await db.sql('INSERT INTO job_signals (job_id, name, key, payload) VALUES ($1, $2, $3, $4)', [
    jobId,
    name,
    uuidv7(),
    JSON.stringify(payload),
  ]);
}

export interface ChildOptions extends RowOptions {
  /** @default 'child' */
  step?: string;
  place?: number;
  endsWithParent?: boolean;
}

/** Writes a child of a job. */
export async function putChild(
  db: JobDatabase,
  parentId: string,
  { step = 'child', place, endsWithParent = true, ...options }: ChildOptions = {},
): Promise<string> {
  const childId = await putJob(db, options);
  await db.sql(
    'UPDATE jobs SET parent_job_id = $2, parent_step = $3, child_place = $4, ends_with_parent = $5 WHERE job_id = $1',
    [childId, parentId, step, place ?? null, endsWithParent],
  );
  return childId;
}

/** Ends a child, either successfully with a result or as failed, without using the statements under test. */
export async function endChild(
  db: JobDatabase,
  childId: string,
  outcome: { result: Json } | { message: string },
): Promise<void> {
  const isSuccess = 'result' in outcome;
  await db.sql(
    `UPDATE jobs SET status = $2, end_time = clock_timestamp(), wake_at = NULL, lease_expires_at = NULL, worker = NULL, result = $3, message = $4
     WHERE job_id = $1`,
    [
      childId,
      isSuccess ? 'success' : 'failed',
      isSuccess ? JSON.stringify(outcome.result) : null,
      isSuccess ? null : outcome.message,
    ],
  );
}
