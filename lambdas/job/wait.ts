import type { Job } from './job.ts';
import type { JobReader } from './ports.ts';
import { isTerminal } from './status.ts';

export interface WaitPorts {
  store: JobReader;
  /** Milliseconds of a clock that never jumps. */
  elapsedMs: () => number;
  pause: (ms: number) => Promise<void>;
}

/** Between the first looks, in milliseconds. Each further pause is half as long again. */
const FIRST_PAUSE_MS = 50;

/** Between two looks at the most: the answer comes within a second of the job's end. */
const LONGEST_PAUSE_MS = 800;

/**
 * Holds a job back until it is terminal or the time is over; then it is returned as it is. Looks at its status alone, less
 * and less often, so that a wait of 20 seconds costs some thirty small reads.
 *
 * @param job as it was read or written last
 */
export async function waitForEnd(tenant: string, job: Job, forMs: number, ports: WaitPorts): Promise<Job> {
  if (forMs <= 0 || isTerminal(job.status)) return job;
  const { store, elapsedMs, pause } = ports;
  const endsAt = elapsedMs() + forMs;
  let pauseMs = FIRST_PAUSE_MS;
  for (;;) {
    const leftMs = endsAt - elapsedMs();
    if (leftMs <= 0) break;
    await pause(Math.min(pauseMs, leftMs));
    const status = await store.status(tenant, job.job_id);
    if (status === undefined || isTerminal(status)) break;
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5);
  }
  return (await store.get(tenant, job.job_id)) ?? job;
}
