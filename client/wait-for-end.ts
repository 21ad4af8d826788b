import type { ErrandClient, Schema } from './errand-client.ts';
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
   * Is told the job at once, and then at least this often, in seconds, 25 at the most.
   *
   * @default - nobody watches, and each request waits as long as it can
   */
  readonly watch?: { readonly everySeconds: number; readonly see: (job: Schema<'Job'>) => void };
}

/**
 * Asks for a job until it has ended or the time is over; returns it as it is then.
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
    const job = dataOf(
      await client.GET('/v1/jobs/{job_id}', { params: { path: { job_id: jobId }, query: { wait } } }),
    );
    watch?.see(job);
    hold = watch?.everySeconds ?? LONGEST_HOLD;
    if (hasEnded(job) || performance.now() >= endsAt) return job;
  }
}

export function hasEnded({ status }: Pick<Schema<'Job'>, 'status'>): boolean {
  return status === 'success' || status === 'failed' || status === 'canceled';
}
