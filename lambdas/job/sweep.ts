import type { ActivityLog, Chance, JobQueue, Log, QueueDepth, SweepStore } from './ports.ts';

export interface SweepPorts {
  store: SweepStore;
  queue: JobQueue;
  depth: QueueDepth;
  activity: ActivityLog;
  chance: Chance;
  log: Log;
  /** How long after it was due a job counts as forgotten, in seconds. */
  sweepAfterSeconds: number;
  /** Whether there is time for another round. */
  hasTime: () => boolean;
}

/** What a sweep came to. */
export type Swept =
  | { verdict: 'idle' }
  | { verdict: 'backlog'; visible: number }
  | { verdict: 'swept'; sent: number; unsent: number; workRemains: boolean };

/**
 * What is due later than this is no work for now, in milliseconds. It is longer than any lease and than any message is
 * delayed (15 minutes both): such a job waits for its time, and nothing can happen to it before that no request brings about.
 */
const SOON_MS = 20 * 60_000;

/** Jobs taken by one statement. */
const ROUND = 500;

/**
 * Sends again what should have been claimed long ago: rows whose message was never sent, or got lost. Where nothing was
 * submitted since no work remained, it asks neither the queue nor the database, so that the database can pause; with
 * messages waiting in the queue it sends nothing, for waiting is normal then. A job that waits for months is no work until
 * its time has come, which the sweeper notes down.
 */
export async function sweep(ports: SweepPorts): Promise<Swept> {
  if (!(await ports.activity.mayHaveWork())) return { verdict: 'idle' };
  const visible = await ports.depth.visible();
  if (visible > 0) return { verdict: 'backlog', visible };

  const checkedAt = ports.chance.now();
  let sent = 0;
  let unsent = 0;
  let nextInMs: number | null;
  do {
    const overdue = await ports.store.takeOverdue(ports.sweepAfterSeconds, ROUND);
    nextInMs = overdue.nextInMs;
    if (overdue.jobIds.length > 0) {
      const failed = await ports.queue.send(overdue.jobIds.map((jobId) => ({ jobId, delaySeconds: 0 })));
      sent += overdue.jobIds.length - failed.length;
      unsent += failed.length;
    }
    if (overdue.jobIds.length < ROUND) break;
  } while (ports.hasTime());

  const workRemains = nextInMs !== null && nextInMs <= SOON_MS;
  if (!workRemains) await ports.activity.settle(checkedAt, dueAfter(checkedAt, nextInMs));
  if (sent > 0) ports.log.warn('Jobs that nobody had claimed were sent again.', { sent, unsent });
  return { verdict: 'swept', sent, unsent, workRemains };
}

function dueAfter(checkedAt: Date, inMs: number | null): Date | null {
  return inMs === null ? null : new Date(checkedAt.getTime() + inMs);
}
