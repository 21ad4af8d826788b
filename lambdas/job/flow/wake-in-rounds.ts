import type { JobOfTenant, JobQueue } from '../job-queue.ts';
import type { ServiceLog } from '../log.ts';
import { wakeWorkers } from '../submit.ts';

export interface WakePorts {
  readonly queue: JobQueue;
  readonly log: ServiceLog;
  /** Time left in the current request, in milliseconds. */
  readonly leftMs: () => number;
  /** The current time of a monotonic clock, in milliseconds. */
  readonly elapsedMs: () => number;
}

/** The parked jobs woken by a request. */
export interface Woken {
  woken: number;
  /** Whether the request ran out of time, so that jobs may still be parked. The sweeper wakes any such jobs. */
  more: boolean;
}

/**
 * The time limit for waking jobs within a request, in milliseconds. The limit keeps the client from waiting long for a
 * response. The sweeper wakes the remaining jobs.
 */
const WAKING_MS = 5_000;

/** The minimum time that a request needs for another round, in milliseconds. */
const ROUND_MS = 3_000;

/** Returns a function that reports whether the request has time for another round. */
export function timeForRounds({ elapsedMs, leftMs }: WakePorts): () => boolean {
  const startedAt = elapsedMs();
  return () => elapsedMs() - startedAt < WAKING_MS && leftMs() > ROUND_MS;
}

/**
 * Wakes parked jobs in rounds, and runs at least one round. Each round's messages are sent before the next round begins, so
 * after a crash, the sweeper has to send at most one round's messages.
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
