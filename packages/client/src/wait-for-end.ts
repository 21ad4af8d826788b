import type { ErrandClient, Schema } from './http-client.ts';
import { dataOf } from './refusal.ts';

/** The longest that the API holds an answer back, in seconds. */
const LONGEST_HOLD = 25;

export interface WaitOptions {
  /**
   * Seconds to wait at the most.
   *
   * @default - as long as it takes
   */
  readonly timeoutSeconds?: number | undefined;
  /**
   * Called with the job at once, and then at least this often, in seconds, 25 at most; less often while the API refuses to hold
   * answers back.
   *
   * @default - nobody watches, and each request waits as long as it can
   */
  readonly watch?: { readonly everySeconds: number; readonly see: (job: Schema<'Job'>) => void };
}

/**
 * Asks for a job until it has ended or the time is over; returns it as it is then. An API that already holds back as many answers as
 * it may answers at once and says in `Retry-After` when to ask again.
 *
 * @throws RefusedError for an answer that is no job
 */
export async function waitForEnd(
  client: ErrandClient,
  jobId: string,
  { timeoutSeconds = Infinity, watch }: WaitOptions = {},
): Promise<Schema<'Job'>> {
  const endsAt = performance.now() + timeoutSeconds * 1000;
  // Who watches sees at once how the job is.
  let hold = watch ? 0 : LONGEST_HOLD;
  for (;;) {
    const leftSeconds = Math.max(0, (endsAt - performance.now()) / 1000);
    // The API takes milliseconds, and no more digits.
    const wait = Math.floor(Math.min(hold, leftSeconds) * 1000) / 1000;
    const answer = await client.GET('/v1/jobs/{job_id}', {
      params: { path: { job_id: jobId }, query: { wait } },
    });
    const job = dataOf(answer);
    watch?.see(job);
    hold = watch?.everySeconds ?? LONGEST_HOLD;
    if (hasEnded(job) || performance.now() >= endsAt) return job;
    await pause(Math.min(retryAfterMs(answer.response), endsAt - performance.now()));
  }
}

/** Milliseconds until the client may ask again; 0 where the answer says nothing of it. */
function retryAfterMs({ headers }: Response): number {
  const seconds = Number(headers.get('retry-after'));
  return Number.isFinite(seconds) ? Math.max(0, seconds) * 1000 : 0;
}

async function pause(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}

export function hasEnded({ status }: Pick<Schema<'Job'>, 'status'>): boolean {
  return status === 'success' || status === 'failed' || status === 'canceled';
}
