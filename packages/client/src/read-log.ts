import { dataOf } from './errand-error.ts';
import type { Connection, Schema } from './http-client.ts';
import { hasEnded } from './wait-for-end.ts';

/**
 * Seconds between requests for new lines. A running job's lines are stored every four seconds, or every two seconds if the job reports progress.
 */
const FOLLOW_SECONDS = 2;

export interface LogOptions {
  /** Only lines from this attempt. */
  readonly attempt?: number | undefined;
  /**
   * Waits for further lines until the job has ended.
   *
   * @default false
   */
  readonly follow?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type LogLine = Schema<'JobLog'>['items'][number];

/**
 * Yields a job's log lines, oldest first.
 *
 * @throws ErrandError
 */
export async function* readLog(
  { http, retries: { clock } }: Connection,
  jobId: string,
  { attempt, follow = false, signal }: LogOptions = {},
): AsyncGenerator<LogLine, void, undefined> {
  const filter = attempt !== undefined && { attempt };
  let cursor: string | undefined;
  for (;;) {
    const query = { ...filter, ...(cursor !== undefined && { cursor }) };
    const log: Schema<'JobLog'> = dataOf(
      await http.GET('/v1/jobs/{job_id}/logs', {
        params: { path: { job_id: jobId }, query },
        ...(signal && { signal }),
      }),
    );
    yield* log.items;
    cursor = log.cursor;
    if (log.has_more) continue;
    if (!follow || hasEnded(log)) return;
    await clock.pause(FOLLOW_SECONDS * 1000, signal);
  }
}
