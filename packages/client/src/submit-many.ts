import { dataOf, ErrandError, problemError } from './errand-error.ts';
import type { Connection, RequestOptions, Schema } from './http-client.ts';
import { backOff, isRepeatable, RESUME_TIME, RESUMING } from './retries.ts';
import { isIdempotent } from './submission.ts';

/** The API's limits for one batch: the number of jobs, and the size of the JSON in bytes. */
const MAX_JOBS = 100;
const MAX_BYTES = 1_536 * 1_024;

/** The initial back-off before a batch's refused jobs are resubmitted, in milliseconds. */
const BASE_PAUSE = 1_000;

/** The wait while the database resumes, in milliseconds. */
const RESUME_PAUSE = 5_000;

export interface ManyOptions extends RequestOptions {
  /** The batch that the jobs join. The batch stays open. */
  readonly batchId?: string;
}

type Submission = Schema<'Submission'>;

/** A submitted job without its payload or result, or the error of a refused submission. */
type Outcome = Schema<'SubmittedSummary'> | ErrandError;

/**
 * Submits any number of jobs, in as many batches as the API's limits require. A refused submission does not affect the other submissions.
 *
 * @returns each submission's outcome, in order
 * @throws only the signal's reason
 */
export async function submitMany(
  connection: Connection,
  submissions: readonly Submission[],
  options: ManyOptions,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const batch of batchesOf(submissions)) {
    try {
      outcomes.push(...(await submitBatch(connection, batch, options)));
    } catch (error) {
      if (!(error instanceof ErrandError)) throw error;
      // The other batches are still submitted.
      outcomes.push(...batch.map(() => error));
    }
  }
  return outcomes;
}

/**
 * Submits one batch, and resubmits temporarily refused jobs. Gives up after `retries.limit` consecutive resubmissions in which the API accepts no
 * job.
 */
async function submitBatch(
  connection: Connection,
  batch: readonly Submission[],
  options: ManyOptions,
): Promise<Outcome[]> {
  const { limit, clock } = connection.retries;
  const startedAt = clock.now();
  const outcomes = await sendBatch(connection, batch, options);
  for (let failures = 0; failures < limit; failures += 1) {
    const refused = [...batch.entries()].filter(([index, submission]) =>
      isRefusedForNow(outcomes[index], submission),
    );
    if (refused.length === 0) break;
    const resumes = refused.some(([index]) => isResuming(outcomes[index]));
    // While the database may still be resuming, a refusal does not count as a failure.
    if (resumes && clock.now() - startedAt < RESUME_TIME) failures -= 1;
    await clock.pause(resumes ? RESUME_PAUSE : backOff(BASE_PAUSE, failures, clock), options.signal);
    const submissions = refused.map(([, submission]) => submission);
    let sent: Outcome[];
    try {
      sent = await sendBatch(connection, submissions, options);
    } catch (error) {
      if (!(error instanceof ErrandError)) throw error;
      // Jobs that the API has already accepted stay submitted.
      for (const [index] of refused) outcomes[index] = error;
      break;
    }
    for (const [position, outcome] of sent.entries()) {
      const [index] = refused[position] ?? [];
      if (index !== undefined) outcomes[index] = outcome;
      if (!(outcome instanceof ErrandError)) failures = -1;
    }
  }
  return outcomes;
}

function isResuming(outcome: Outcome | undefined): boolean {
  return outcome instanceof ErrandError && outcome.type === RESUMING;
}

function isRefusedForNow(outcome: Outcome | undefined, submission: Submission): boolean {
  if (!(outcome instanceof ErrandError)) return false;
  return isRepeatable(outcome.status ?? 0, isResuming(outcome) || isIdempotent(submission));
}

/** @throws ErrandError if the batch failed as a whole */
async function sendBatch(
  { http, idempotent }: Connection,
  jobs: readonly Submission[],
  { signal, batchId }: ManyOptions,
): Promise<Outcome[]> {
  const { items } = dataOf(
    await http.POST('/v1/jobs/batch', {
      body: { jobs: [...jobs], ...(batchId !== undefined && { batch: { id: batchId, more: true } }) },
      ...(jobs.every(isIdempotent) && idempotent),
      ...(signal && { signal }),
    }),
  );
  return items.map((item) => ('job' in item ? item.job : problemError(item.status, item.problem)));
}

function batchesOf(submissions: readonly Submission[]): Submission[][] {
  const encoder = new TextEncoder();
  const batches: Submission[][] = [];
  let batch: Submission[] = [];
  // The size includes the list's brackets and a comma after each job.
  let bytes = 2;
  for (const submission of submissions) {
    const size = encoder.encode(JSON.stringify(submission)).byteLength + 1;
    if (batch.length === MAX_JOBS || (batch.length > 0 && bytes + size > MAX_BYTES)) {
      batches.push(batch);
      batch = [];
      bytes = 2;
    }
    batch.push(submission);
    bytes += size;
  }
  return batch.length > 0 ? [...batches, batch] : batches;
}
