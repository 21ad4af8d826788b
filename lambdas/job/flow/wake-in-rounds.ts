import type { JobOfTenant, JobQueue } from '../job-queue.ts';
import type { ServiceLog } from '../log.ts';
import { wakeWorkers } from '../submit.ts';

export interface WakePorts {
  readonly queue: JobQueue;
  readonly log: ServiceLog;
  /** Time left in the current request, in milliseconds. */
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

/** The time limit for waking jobs in a request, in milliseconds. A client should not wait longer; the sweeper wakes the remaining jobs. */
const WAKING_MS = 5_000;

/** The time that a request must have left for another round, in milliseconds. */
const ROUND_MS = 3_000;

/** Returns a function that tells whether the request has time for another round. */
export function timeForRounds({ elapsedMs, leftMs }: WakePorts): () => boolean {
  const startedAt = elapsedMs();
  return () => elapsedMs() - startedAt < WAKING_MS && leftMs() > ROUND_MS;
}

/**
 * Wakes parked jobs in rounds, and sends the messages of each round before the next round begins. So a crash leaves the messages
 * of at most one round to the sweeper. There is always at least one round.
 *
 * @param wake wakes up to `most` jobs in a separate transaction
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
