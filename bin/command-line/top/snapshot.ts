import { dataOf, type Errand, type Schema } from 'errand-client';

/** A deployment's state at one moment, as the API reports it. */
export interface Snapshot {
  readonly time: Date;
  readonly queues: Schema<'QueueList'>;
  /** The last {@link HISTORY_MINUTES} minutes in intervals of one minute, with one series per queue. */
  readonly history: Schema<'History'>;
  /** The running jobs, oldest first, at most {@link RUNNING_LIMIT}. */
  readonly running: readonly Schema<'JobSummary'>[];
  /**
   * Jobs that failed within the last {@link FAILURE_MINUTES} minutes. Only the {@link FAILED_LIMIT} most recently created failed jobs are
   * read.
   */
  readonly failed: readonly Schema<'JobSummary'>[];
  /** Whether there are more than {@link FAILED_LIMIT} failed jobs. If so, `failed` may be incomplete. */
  readonly hasMoreFailed: boolean;
}

export const HISTORY_MINUTES = 15;
export const FAILURE_MINUTES = 60;
const RUNNING_LIMIT = 50;
export const FAILED_LIMIT = 200;

const MINUTE_MS = 60_000;

/**
 * Reads a frame's data in four concurrent requests.
 *
 * @throws ErrandError, or the signal's reason
 */
export async function readSnapshot({ http }: Errand, time: Date, signal: AbortSignal): Promise<Snapshot> {
  const minutesAgo = (minutes: number): number => time.getTime() - minutes * MINUTE_MS;
  // The history starts at a full minute, because each interval is one minute.
  const from = new Date(Math.floor(minutesAgo(HISTORY_MINUTES) / MINUTE_MS) * MINUTE_MS).toISOString();
  const [queues, history, running, failed] = await Promise.all([
    http.GET('/v1/queues', { signal }),
    http.GET('/v1/stats/history', { params: { query: { from, step: 60, group_by: 'queue' } }, signal }),
    http.GET('/v1/jobs', {
      params: { query: { status: 'running', order: 'asc', limit: RUNNING_LIMIT } },
      signal,
    }),
    http.GET('/v1/jobs', { params: { query: { status: 'failed', limit: FAILED_LIMIT } }, signal }),
  ]);
  const failedPage = dataOf(failed);
  const failedSince = minutesAgo(FAILURE_MINUTES);
  return {
    time,
    queues: dataOf(queues),
    history: dataOf(history),
    running: dataOf(running).items,
    failed: failedPage.items.filter(({ end_time: end }) => end !== null && Date.parse(end) >= failedSince),
    hasMoreFailed: failedPage.next_cursor !== null,
  };
}
