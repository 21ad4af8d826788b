import { isDeepStrictEqual } from 'node:util';
import { JOB_STATUSES, isTerminal, type JobStatus } from '../../../lambdas/job/status.ts';
import type { AttemptRow, HistorySums, Rows } from './rows.ts';

/** Checks that the counts in `job_counts` match the rows. */
export function problemsOfCounts({ jobs, counts }: Rows): string[] {
  return JOB_STATUSES.flatMap((status) => {
    const rows = [...jobs.values()].filter((job) => job.status === status).length;
    const counted = counts[status] ?? 0;
    return rows === counted ? [] : [`${rows} jobs are ${status}, but the count is ${counted}.`];
  });
}

/**
 * Checks that a batch counts its jobs correctly. The batch must be completed exactly once, when it is closed and all its jobs have ended. A completed
 * batch must have its on_complete job.
 */
export function problemsOfBatches(before: Rows, { jobs, batches }: Rows): string[] {
  return batches.flatMap((batch) => {
    const { batch_id: id, close_time: closed, end_time: ended, on_complete: onComplete } = batch;
    const own = [...jobs.values()].filter((job) => job.batch_id === id);
    const count = (status: JobStatus): number => own.filter((job) => job.status === status).length;
    const followers = [...jobs.values()].filter(({ submitted_by: by }) => by === `batch:${id}`);
    const earlier = before.batches.find((row) => row.batch_id === id);
    const rules: [boolean, string][] = [
      [batch.jobs === own.length, `counts ${batch.jobs} jobs of ${own.length}`],
      [batch.succeeded === count('success'), `counts ${batch.succeeded} successes`],
      [batch.failed === count('failed'), `counts ${batch.failed} failures`],
      [batch.canceled === count('canceled'), `counts ${batch.canceled} canceled jobs`],
      [
        ended !== null || closed === null || own.some(({ status }) => !isTerminal(status)),
        'is closed and not completed, although all its jobs have ended',
      ],
      [ended === null || closed !== null, 'is completed and open'],
      [!earlier?.end_time || earlier.end_time === ended, 'was completed a second time'],
      [!earlier?.close_time || earlier.jobs === batch.jobs, 'was closed, but got more jobs'],
      [
        followers.length === (ended !== null && onComplete !== null ? 1 : 0),
        `has ${followers.length} on_complete jobs and ended at ${String(ended)}`,
      ],
      [
        followers.every((job) => job.job_id === onComplete?.job_id),
        'has an on_complete job that is not its own',
      ],
    ];
    return rules.filter(([holds]) => !holds).map(([, problem]) => `The batch ${id} ${problem}.`);
  });
}

/**
 * Checks that the history counts every job, end and attempt exactly once. A client's retry reopens a job, but the job's earlier end remains counted.
 */
export function problemsOfHistory({ jobs, history }: Rows): string[] {
  const rows = [...jobs.values()];
  const attempts = rows.flatMap((job) => job.attempts);
  const endedAs = (...ends: JobStatus[]): number => rows.filter(({ status }) => ends.includes(status)).length;
  const outcomes = (outcome: AttemptRow['outcome']): number =>
    attempts.filter((attempt) => attempt.outcome === outcome).length;
  const expected: HistorySums = {
    accepted: rows.length,
    resubmitted: history.resubmitted,
    succeeded: endedAs('success'),
    unsuccessful: endedAs('failed', 'canceled') + history.resubmitted,
    started: attempts.length,
    failed: outcomes('failed'),
    timeout: outcomes('timeout'),
    lost: outcomes('lost'),
    throttled: outcomes('throttled'),
  };
  return isDeepStrictEqual(history, expected)
    ? []
    : [`The history has ${JSON.stringify(history)}, but the rows say ${JSON.stringify(expected)}.`];
}
