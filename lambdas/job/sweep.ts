import type { ActivityLog } from './activity.ts';
import type { Clock } from './clock.ts';
import type { JobOfTenant, JobQueue, QueueDepth } from './job-queue.ts';
import type { Log } from './log.ts';
import { isPruneDue, prune, type Pruned, type PruneStore } from './prune.ts';

export interface SweepStore {
  /**
   * Takes up to `limit` jobs that should have been claimed `afterSeconds` ago and puts them off by as much again.
   * `nextInMs` says in how many milliseconds the first job that is not terminal needed looking after: that it is due, or its
   * lease ends. Negative for one that was overdue, null where every job is terminal.
   */
  takeOverdue(afterSeconds: number, limit: number): Promise<{ jobs: JobOfTenant[]; nextInMs: number | null }>;
  /**
   * Takes overdue jobs as above, but of each tenant its oldest `ofEach` at the most. Where that is more than `limit`, tenants
   * with few come first, and each one's first before any one's second.
   */
  takeOverdueOfEachTenant(afterSeconds: number, ofEach: number, limit: number): Promise<JobOfTenant[]>;
}

export interface SweepPorts {
  store: SweepStore & PruneStore;
  queue: JobQueue;
  depth: QueueDepth;
  activity: ActivityLog;
  clock: Clock;
  log: Log;
  /** How long after it was due a job counts as forgotten, in seconds. */
  sweepAfterSeconds: number;
  /** How long what has ended is kept, in days. */
  retentionDays: number;
  /** Whether there is time for another round. */
  hasTime: () => boolean;
}

/** What a sweep came to; `pruned` where it was time for that. */
export type Swept = Mended & { pruned?: Pruned };

/** How many jobs were sent again, and how many SQS did not take: those are overdue again in time. */
interface Sent {
  sent: number;
  unsent: number;
}

type Mended =
  | { verdict: 'idle' }
  | ({ verdict: 'backlog'; visible: number } & Sent)
  | ({ verdict: 'swept'; workRemains: boolean } & Sent);

/**
 * What is due later than this is no work for now, in milliseconds. It is longer than any lease and than any message is
 * delayed (15 minutes both): such a job waits for its time, and nothing can happen to it before that no request brings about.
 */
const SOON_MS = 20 * 60_000;

/** Jobs taken by one statement. */
const ROUND = 500;

/**
 * Jobs taken of each tenant by a sweep during a backlog. A tenant with more overdue jobs has a backlog of its own: its jobs whose
 * messages are lost become its oldest as the others are done.
 */
const OF_EACH_TENANT = 10;

/**
 * Sends again what was forgotten, and deletes what has expired. Where there can be nothing to do of either, neither the
 * queue nor the database is asked.
 *
 * A backlog does not keep it from pruning: it may last for as long as there is load, and the database is awake then.
 */
export async function sweep(ports: SweepPorts): Promise<Swept> {
  const { mayHaveWork, oldestEnd } = await ports.activity.look();
  // What has expired does not wake the database either: it goes with the next work.
  if (!mayHaveWork) return { verdict: 'idle' };
  const mended = await mend(ports);
  if (!isPruneDue(oldestEnd, ports)) return mended;
  return { ...mended, pruned: await prune(ports) };
}

/**
 * Sends again what should have been claimed long ago: rows whose message was never sent, or got lost. Once no work remains
 * it says so, so that the database can pause until something is submitted; a job that waits for months is no work until its
 * time has come, which is noted down.
 */
async function mend(ports: SweepPorts): Promise<Mended> {
  const visible = await ports.depth.visible();
  if (visible > 0) return { verdict: 'backlog', visible, ...(await mendDuringBacklog(ports)) };

  const checkedAt = ports.clock.now();
  let sent = 0;
  let unsent = 0;
  let nextInMs: number | null;
  do {
    const overdue = await ports.store.takeOverdue(ports.sweepAfterSeconds, ROUND);
    nextInMs = overdue.nextInMs;
    const round = await sendAgain(overdue.jobs, ports);
    sent += round.sent;
    unsent += round.unsent;
    if (overdue.jobs.length < ROUND) break;
  } while (ports.hasTime());

  const workRemains = nextInMs !== null && nextInMs <= SOON_MS;
  if (!workRemains) await ports.activity.settle(checkedAt, dueAfter(checkedAt, nextInMs));
  if (sent > 0) ports.log.warn('Jobs that nobody had claimed were sent again.', { sent, unsent });
  return { verdict: 'swept', sent, unsent, workRemains };
}

/**
 * With messages waiting in the queue most overdue jobs merely wait. But those of one tenant say nothing of another's, whose
 * message may be lost: so a few jobs of each tenant are sent again, the oldest ones, and put off. Of a job that waits in
 * the queue this makes a second message, which does no harm and is bounded.
 */
async function mendDuringBacklog(ports: SweepPorts): Promise<Sent> {
  const { store, sweepAfterSeconds } = ports;
  return sendAgain(await store.takeOverdueOfEachTenant(sweepAfterSeconds, OF_EACH_TENANT, ROUND), ports);
}

async function sendAgain(jobs: readonly JobOfTenant[], { queue }: SweepPorts): Promise<Sent> {
  if (jobs.length === 0) return { sent: 0, unsent: 0 };
  const unsent = (await queue.send(jobs.map((job) => ({ ...job, delaySeconds: 0 })))).length;
  return { sent: jobs.length - unsent, unsent };
}

function dueAfter(checkedAt: Date, inMs: number | null): Date | null {
  return inMs === null ? null : new Date(checkedAt.getTime() + inMs);
}
