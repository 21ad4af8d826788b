import { isDeepStrictEqual } from 'node:util';
import { TRANSITIONS, isTerminal, type JobStatus } from '../../lambdas/job/status.ts';
import type { AttemptRow, JobRow } from './journal.ts';
import { batchKey, type BulkRequests, type Dealings, type Ledger } from './ledger.ts';
import { JOB_TIMEOUT, type Kind } from './schedule.ts';

export const FAILINGS = ['lost', 'stuck', 'doubled', 'wrong'] as const;
export type Failing = (typeof FAILINGS)[number];

/** A promise that Errand did not keep. */
export interface Finding {
  readonly failing: Failing;
  /** The job's id; null if the finding is not about a single job. */
  readonly jobId: string | null;
  readonly what: string;
}

const LOST_WORKER = /^The worker stopped without an answer on attempt \d+ of \d+\.$/;

/** Functions that return whether a job ended as planned, keyed by kind of job. Canceled jobs and jobs that lost their workers are exempt. */
const ENDS: Readonly<Record<Kind, (row: JobRow) => boolean>> = {
  quick: ({ status }) => status === 'success',
  slow: ({ status }) => status === 'success',
  endless: ({ status, message }) =>
    status === 'failed' && message === `exceeded the timeout of ${JOB_TIMEOUT} s`,
  overlong: ({ status, message }) => status === 'failed' && message === 'exceeded the timeout of 1 s',
  // These handlers call AWS or a receiver themselves. Faults can make these calls fail, so any failure message is accepted.
  'missing-file': ({ status }) => status === 'failed',
  flaky: ({ status }) => status === 'success' || status === 'failed',
  refused: ({ status }) => status === 'failed',
  // The job may fail, because its function may die, and an invocation's response may be lost.
  function: ({ status }) => status === 'success' || status === 'failed',
  // An order may fail, because a child job may lose its workers.
  order: ({ status, message }) =>
    status === 'success' || (status === 'failed' && message?.includes('child job') === true),
};

/** Computes the expected result of a job that runs in a function. */
function doubled({ body }: Dealings['planned']): unknown {
  const { number } = body.payload as { number: number };
  return { doubled: 2 * number };
}

/**
 * Compares the promises in the ledger with the database and the journal.
 *
 * @param jobs all rows, read at the end of the run
 */
export function judge(ledger: Ledger, jobs: readonly JobRow[]): Finding[] {
  const present = new Set(jobs.map(({ job_id: jobId }) => jobId));
  const lost = [...ledger.jobs.keys()]
    .filter((jobId) => !present.has(jobId))
    .map((jobId): Finding => ({
      failing: 'lost',
      jobId,
      what: 'acknowledged, but missing from the database',
    }));
  const unanswered = [...ledger.unanswered].map(({ tenant, objectId }): Finding => ({
    failing: 'lost',
    jobId: null,
    what: `${tenant}'s ${objectId ?? ''} was not accepted, even after the faults were over`,
  }));
  const strange = ledger.strange.map((what): Finding => ({ failing: 'wrong', jobId: null, what }));
  return [
    ...lost,
    ...unanswered,
    ...doubledObjects(ledger, jobs),
    ...jobs.flatMap((row) => judgeJob(row, ledger.jobs.get(row.job_id), bulkOf(row, ledger))),
    ...strange,
  ];
}

/** Returns the bulk changes requested for the job's batch. */
function bulkOf({ tenant, batch_id: batchId }: JobRow, ledger: Ledger): BulkRequests {
  return batchId === null ? { cancel: 0, retry: 0 } : ledger.bulkOf(batchKey(tenant, batchId));
}

/**
 * Returns the objects with more than one job. All submissions for an object are within one dedup window, so each object must have only one job,
 * regardless of the responses.
 */
function doubledObjects(ledger: Ledger, jobs: readonly JobRow[]): Finding[] {
  const idsOf = new Map<string, Set<string>>();
  const add = (tenant: string, objectId: string | null, jobId: string): void => {
    if (objectId === null) return;
    const name = `${tenant}'s ${objectId}`;
    idsOf.set(name, (idsOf.get(name) ?? new Set()).add(jobId));
  };
  for (const row of jobs) add(row.tenant, row.object_id, row.job_id);
  for (const [jobId, { planned }] of ledger.jobs) add(planned.tenant, planned.objectId, jobId);
  return [...idsOf]
    .filter(([, ids]) => ids.size > 1)
    .flatMap(([name, ids]) =>
      [...ids].map((jobId): Finding => ({
        failing: 'doubled',
        jobId,
        what: `one of ${ids.size} jobs of ${name}`,
      })),
    );
}

function judgeJob(row: JobRow, dealings: Dealings | undefined, bulk: BulkRequests): Finding[] {
  const findings: Finding[] = [];
  const find = (failing: Failing, what: string): void => {
    findings.push({ failing, jobId: row.job_id, what });
  };
  const { status, attempts, attempt, max_attempts: most, message } = row;

  if (!isTerminal(status as JobStatus)) find('stuck', `is ${status} still`);
  if (dealings && dealings.planned.tenant !== row.tenant)
    find('wrong', `is of ${row.tenant}, but was submitted by ${dealings.planned.tenant}`);
  if (row.second_leases > 0) find('doubled', 'two leases at once');
  if ((dealings?.newAnswers ?? 0) > 1) find('doubled', 'two submissions reported it as new');
  if ((dealings?.windowEnds.size ?? 0) > 1) find('wrong', 'responses reported two ends of its dedup window');
  if (attempts.filter(({ outcome }) => outcome === 'success').length > 1)
    find('doubled', 'two attempts succeeded');
  for (const [index, each] of attempts.entries()) {
    if (overlaps(each, attempts[index + 1]))
      find('doubled', `attempts ${each.attempt} and ${each.attempt + 1} overlap`);
  }

  for (const taken of takenFromTheLiving(row))
    find('doubled', `attempt ${taken} was given up before its lease expired`);

  if (attempt > most) find('wrong', `attempt ${attempt} of ${most}`);
  if (attempts.length !== attempt)
    find('wrong', `${attempts.length} attempts are recorded, but ${attempt} were counted`);
  const retries = (dealings?.retryRequests ?? 0) + bulk.retry;
  for (const what of wrongChanges(row, retries)) find('wrong', what);
  if (isTerminal(status as JobStatus)) {
    const last = attempts.at(-1);
    if (attempts.some(({ ended }) => ended === null)) find('wrong', 'an attempt has no end');
    if (status === 'success' && last?.outcome !== 'success')
      find('wrong', 'success without an attempt that succeeded');
    if (status !== 'success' && last?.outcome === 'success')
      find('wrong', `${status} after an attempt that succeeded`);
    if ((status === 'success') !== (message === null))
      find('wrong', `${status} with the message ${String(message)}`);
    if (status === 'canceled' && message !== 'canceled by request')
      find('wrong', `canceled, but "${String(message)}"`);
    if (dealings) {
      const mayBeCanceled = dealings.cancelRequests + bulk.cancel > 0;
      for (const what of wrongOutcomes(row, dealings, mayBeCanceled)) find('wrong', what);
    }
  }
  return findings;
}

/** Whether an attempt was still running when the next attempt began. */
function overlaps(earlier: AttemptRow, later: AttemptRow | undefined): boolean {
  return later !== undefined && (earlier.ended === null || earlier.ended > later.began);
}

/**
 * Returns the numbers of the attempts that were recorded as lost before their leases expired. These attempts' workers may still be running.
 * Suspended attempts have given up their leases, so they are not included.
 */
function takenFromTheLiving({ attempts, changes }: JobRow): number[] {
  const lost = new Set(attempts.filter(({ outcome }) => outcome === 'lost').map((each) => each.attempt));
  return changes
    .filter(
      ({ from, from_attempt: before, lease_left_ms: left }, index) =>
        from === 'running' && lost.has(before) && (left ?? 0) > 0 && changes[index + 1]?.continued !== true,
    )
    .map(({ from_attempt: before }) => before);
}

/**
 * Returns descriptions of the status changes that the life cycle does not allow. A job may leave a terminal state only once per requested retry.
 *
 * @param retries the number of retries that clients requested
 */
function wrongChanges({ changes }: JobRow, retries: number): string[] {
  const wrong: string[] = [];
  let reopened = 0;
  for (const change of changes) {
    const { from, to, from_attempt: before, to_attempt: after, cancel_requested: toStop, continued } = change;
    const isAllowed = Object.values(TRANSITIONS).some((pairs) => pairs[from as JobStatus] === to);
    if (!isAllowed) wrong.push(`went from ${from} to ${to}`);
    if (isTerminal(from as JobStatus) && to === 'created') reopened += 1;
    if (after - before !== (to === 'running' && !continued ? 1 : 0))
      wrong.push(`attempt ${before} became ${after} on the way to ${to}`);
    if (to === 'running' && toStop) wrong.push(`attempt ${after} began after the job was to be canceled`);
  }
  if (reopened > retries)
    wrong.push(`was reopened ${reopened} times, but retried by clients ${retries} times`);
  return wrong;
}

/** Returns the problems with the job's outcome; empty if the outcome is allowed. */
function wrongOutcomes(row: JobRow, { planned }: Dealings, mayBeCanceled: boolean): string[] {
  const { status, message, attempts } = row;
  const wrong: string[] = [];
  if (status === 'canceled') {
    if (!mayBeCanceled) wrong.push('is canceled, although nobody requested it');
  } else if (status === 'failed' && LOST_WORKER.test(message ?? '')) {
    if (attempts.at(-1)?.outcome !== 'lost')
      wrong.push('lost its worker, but its last attempt says otherwise');
  } else if (!ENDS[planned.kind](row)) {
    wrong.push(`a ${planned.kind} job is ${status}: ${String(message)}`);
  }
  if (planned.kind === 'function' && status === 'success' && !isDeepStrictEqual(row.result, doubled(planned)))
    wrong.push(`its function returned ${JSON.stringify(row.result)}`);
  return wrong;
}
