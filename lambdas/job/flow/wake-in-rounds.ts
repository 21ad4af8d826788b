import type { JobOfTenant, JobQueue } from '../job-queue.ts';
import type { ServiceLog } from '../log.ts';
import { wakeWorkers } from '../submit.ts';

export interface WakePorts {
  readonly queue: JobQueue;
  readonly log: ServiceLog;
  /** Milliseconds that the current request may still take. */
  readonly leftMs: () => number;
  /** Milliseconds on a clock that only moves forward. */
  readonly elapsedMs: () => number;
}

/** Parked jobs that a request woke. */
export interface Woken {
  woken: number;
  /** Whether more jobs were still parked when the request's time was up. The sweeper wakes them. */
  more: boolean;
}

/** Milliseconds that a request wakes jobs for. A client should not wait longer, and the sweeper wakes the rest. */
const WAKING_MS = 5_000;

/** The time that a request must have left for another round, in milliseconds. */
const ROUND_MS = 3_000;

/** Whether a request, from now on, has time for another round. */
export function timeForRounds({ elapsedMs, leftMs }: WakePorts): () => boolean {
  const startedAt = elapsedMs();
  return () => elapsedMs() - startedAt < WAKING_MS && leftMs() > ROUND_MS;
}

/**
 * Wakes parked jobs in rounds, and sends the messages of one round before the next round begins: a crash between the two leaves one round
 * of jobs to the sweeper. The first round takes place in any case.
 *
 * @param wake wakes up to `most` jobs, in a transaction of its own
 */
export async function wakeInRounds(
  wake: (most: number) => Promise<JobOfTenant[]>,
  most: number,
  hasTime: () => boolean,
  ports: WakePorts,
): Promise<Woken> {
  let woken = 0;
  for (;;) {
    const jobs = await wake(most);
    await wakeWorkers(
      jobs.map((job) => ({ ...job, delaySeconds: 0 })),
      ports,
    );
    woken += jobs.length;
    if (jobs.length < most) return { woken, more: false };
    if (!hasTime()) return { woken, more: true };
  }
}
