import { dataOf, retryAfterSeconds } from './errand-error.ts';
import type { Connection, Schema } from './http-client.ts';

/** The maximum time for which the API holds a response, in seconds. */
const LONGEST_HOLD = 25;

export interface WaitOptions<Value = Schema<'Job'>> {
  /**
   * The maximum number of seconds to wait.
   *
   * @default - no timeout
   */
  readonly timeoutSeconds?: number | undefined;
  /** Aborts the wait. The promise then rejects with the signal's reason, and the jobs continue. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called with the job or the batch immediately, and then at least once every `everySeconds` seconds. The maximum is 25. Called less often
   * while the API refuses to hold responses.
   *
   * @default - each request waits as long as the API allows
   */
  readonly watch?: { readonly everySeconds: number; readonly see: (value: Value) => void } | undefined;
}

/** Waits until a job has ended, or the timeout has elapsed. */
export async function waitForEnd(
  connection: Connection,
  jobId: string,
  options: WaitOptions = {},
): Promise<Schema<'Job'>> {
  const { http } = connection;
  const { signal } = options;
  return poll(
    connection,
    async (wait) => {
      const answer = await http.GET('/v1/jobs/{job_id}', {
        params: { path: { job_id: jobId }, query: { wait } },
        ...(signal && { signal }),
      });
      return { value: dataOf(answer), headers: answer.response.headers };
    },
    hasEnded,
    options,
  );
}

/**
 * Repeats a request until the returned job or batch has ended, or the timeout has elapsed. The API holds each request for up to 25 seconds.
 * If the API already holds its maximum number of requests, the API responds immediately, with `Retry-After`.
 *
 * @param request called with the number of seconds for which the API may hold the response
 * @throws ErrandError
 */
export async function poll<Value>(
  { retries: { clock } }: Connection,
  request: (wait: number) => Promise<{ readonly value: Value; readonly headers: Headers }>,
  isOver: (value: Value) => boolean,
  { timeoutSeconds = Infinity, signal, watch }: WaitOptions<Value>,
): Promise<Value> {
  const endsAt = clock.now() + timeoutSeconds * 1000;
  // The watcher gets the job or batch before the first wait.
  let hold = watch ? 0 : LONGEST_HOLD;
  for (;;) {
    const leftSeconds = Math.max(0, (endsAt - clock.now()) / 1000);
    // The API's `wait` parameter has millisecond precision.
    const wait = Math.floor(Math.min(hold, leftSeconds) * 1000) / 1000;
    const { value, headers } = await request(wait);
    watch?.see(value);
    hold = watch?.everySeconds ?? LONGEST_HOLD;
    if (isOver(value) || clock.now() >= endsAt) return value;
    const pause = (retryAfterSeconds(headers) ?? 0) * 1000;
    await clock.pause(Math.min(pause, endsAt - clock.now()), signal);
  }
}

export function hasEnded({ status }: Pick<Schema<'Job'>, 'status'>): boolean {
  return status === 'success' || status === 'failed' || status === 'canceled';
}
