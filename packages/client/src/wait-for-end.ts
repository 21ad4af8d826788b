import { dataOf, retryAfterSeconds } from './errand-error.ts';
import type { Connection, Schema } from './http-client.ts';

/** The longest that the API holds a response back, in seconds. */
const LONGEST_HOLD = 25;

export interface WaitOptions {
  /**
   * Seconds to wait at most.
   *
   * @default - until the job has ended
   */
  readonly timeoutSeconds?: number | undefined;
  /** Ends the wait. The promise then rejects with the signal's reason; the job runs on. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called with the job immediately, then at least this often, in seconds, at most 25; less often while the API refuses
   * to hold responses back.
   *
   * @default - each request waits as long as the API allows
   */
  readonly watch?: { readonly everySeconds: number; readonly see: (job: Schema<'Job'>) => void } | undefined;
}

/**
 * Polls a job until it has ended or the time is up, and returns it as it is then. Each request is held back by the API,
 * up to 25 seconds. An API that already holds as many as it may responds immediately, and says in `Retry-After` when to
 * ask again.
 *
 * @throws ErrandError
 */
export async function waitForEnd(
  { http, retries: { clock } }: Connection,
  jobId: string,
  { timeoutSeconds = Infinity, signal, watch }: WaitOptions = {},
): Promise<Schema<'Job'>> {
  const endsAt = clock.now() + timeoutSeconds * 1000;
  // A watcher sees the job before the first wait.
  let hold = watch ? 0 : LONGEST_HOLD;
  for (;;) {
    const leftSeconds = Math.max(0, (endsAt - clock.now()) / 1000);
    // The API takes milliseconds, and no more digits.
    const wait = Math.floor(Math.min(hold, leftSeconds) * 1000) / 1000;
    const answer = await http.GET('/v1/jobs/{job_id}', {
      params: { path: { job_id: jobId }, query: { wait } },
      ...(signal && { signal }),
    });
    const job = dataOf(answer);
    watch?.see(job);
    hold = watch?.everySeconds ?? LONGEST_HOLD;
    if (hasEnded(job) || clock.now() >= endsAt) return job;
    const pause = (retryAfterSeconds(answer.response.headers) ?? 0) * 1000;
    await clock.pause(Math.min(pause, endsAt - clock.now()), signal);
  }
}

export function hasEnded({ status }: Pick<Schema<'Job'>, 'status'>): boolean {
  return status === 'success' || status === 'failed' || status === 'canceled';
}
