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

/** Jobs taken by one statement. */
const ROUND = 500;

/**
 * Sends again what should have been claimed long ago: rows whose message was never sent, or got lost. Where nothing was
 * submitted since no work remained, it asks neither the queue nor the database, so that the database can pause; with
 * messages waiting in the queue it sends nothing, for waiting is normal then.
 */
export async function sweep(ports: SweepPorts): Promise<Swept> {
  if (!(await ports.activity.mayHaveWork())) return { verdict: 'idle' };
  const visible = await ports.depth.visible();
  if (visible > 0) return { verdict: 'backlog', visible };

  const checkedAt = ports.chance.now();
  let sent = 0;
  let unsent = 0;
  let workRemains: boolean;
  do {
    const overdue = await ports.store.takeOverdue(ports.sweepAfterSeconds, ROUND);
    workRemains = overdue.workRemains;
    if (overdue.jobIds.length > 0) {
      const failed = await ports.queue.send(overdue.jobIds.map((jobId) => ({ jobId, delaySeconds: 0 })));
      sent += overdue.jobIds.length - failed.length;
      unsent += failed.length;
    }
    if (overdue.jobIds.length < ROUND) break;
  } while (ports.hasTime());

  if (!workRemains) await ports.activity.settle(checkedAt);
  if (sent > 0) ports.log.warn('Jobs that nobody had claimed were sent again.', { sent, unsent });
  return { verdict: 'swept', sent, unsent, workRemains };
}
