import type { ActivityLog } from './activity.ts';
import type { Clock } from './clock.ts';
import { followEndedJobs } from './ended-jobs.ts';
import { rollUpHistory, type HistoryRollUpStore, type RolledUp } from './history/roll-up.ts';
import type { JobOfTenant, JobQueue, QueueDepth } from './job-queue.ts';
import type { ServiceLog } from './log.ts';
import { failWithoutQueue, type MissingQueueStore } from './missing-queue.ts';
import { isPruneDue, prune, type Pruned, type PruneStore } from './prune.ts';

export interface SweepStore {
  /**
   * Takes up to `limit` jobs that should have been claimed `afterSeconds` ago and puts them off by as much again.
   * `nextInMs` says in how many milliseconds the first job that is not terminal needed looking after: that it is due, or its
   * lease ends. Negative for one that was overdue, null where every job is terminal.
   */
  takeOverdue(afterSeconds: number, limit: number): Promise<{ jobs: JobOfTenant[]; nextInMs: number | null }>;
  /**
   * Takes overdue jobs of some queues as above, but at most the oldest `ofEach` of each tenant in each queue. If these are more
   * than `limit`, tenants with few come first, and each tenant's first job before any tenant's second.
   */
  takeOverdueOfEachTenant(
    queues: QueueChoice,
    afterSeconds: number,
    ofEach: number,
    limit: number,
  ): Promise<JobOfTenant[]>;
  /** Wakes up to `limit` parked jobs that nothing holds any more: the function that removed the reason died before it woke them. */
  wakeForgotten(limit: number): Promise<JobOfTenant[]>;
  /**
   * Examines the next `limit` jobs with children, and begins with the first again after the last. Wakes those that are suspended although their
   * awaited children have ended, and returns the canceled ones with children to cancel: the function that ended the children, or
   * canceled the parent, died before.
   */
  examineParents(limit: number): Promise<ExaminedParents>;
}

export interface ExaminedParents {
  woken: JobOfTenant[];
  canceled: string[];
  /** Whether the last of all parents was examined. */
  isLast: boolean;
}

/** Some of the queues that have jobs: the named ones, or all others. */
export type QueueChoice = { readonly only: readonly string[] } | { readonly allBut: readonly string[] };

export interface SweepPorts {
  store: SweepStore & PruneStore & HistoryRollUpStore & MissingQueueStore;
  queue: JobQueue;
  /** The queues of this deployment. */
  queues: ReadonlySet<string>;
  depth: QueueDepth;
  activity: ActivityLog;
  clock: Clock;
  log: ServiceLog;
  /** How long after it was due a job counts as forgotten, in seconds. */
  sweepAfterSeconds: number;
  /** How long what has ended is kept, in days. */
  retentionDays: number;
  /** Whether there is time for another round. */
  hasTime: () => boolean;
}

/** What a sweep came to; `pruned` and `rolledUp` where it was time for that. */
export type Swept = Mended & { pruned?: Pruned; rolledUp?: RolledUp };

/** How many jobs were sent again, and how many SQS did not take: those are overdue again in time. */
interface Sent {
  sent: number;
  unsent: number;
}

/** The result of several rounds. */
interface Rounds {
  readonly sum: Sent;
  /** Whether the time ran out before all jobs were processed. */
  readonly more: boolean;
}

type Mended =
  | { verdict: 'idle' }
  /** `visible` counts the messages that wait, by queue. */
  | ({ verdict: 'backlog'; visible: Record<string, number> } & Sent)
  | ({ verdict: 'swept'; workRemains: boolean } & Sent);

/**
 * What is due later than this is no work for now, in milliseconds. It is longer than any lease and than any message is
 * delayed (15 minutes both): such a job waits for its time, and nothing can happen to it before that no request brings about.
 */
const SOON_MS = 20 * 60_000;

/** Jobs taken by one statement. */
const ROUND = 500;

/** Parents that one statement examines, and the most statements of a sweep: together they take less than a second. */
const [PARENTS, MOST_ROUNDS_OF_PARENTS] = [1_000, 10];

/**
 * Jobs taken of each tenant by a sweep of a queue with a backlog. A tenant with more overdue jobs has a backlog of its own: its jobs whose
 * messages are lost become its oldest as the others are done.
 */
const OF_EACH_TENANT = 10;

/**
 * Sends again what was forgotten, deletes what has expired, and merges old rows of the history. Where there can be nothing to do of
 * either, neither the queue nor the database is asked.
 *
 * A backlog does not keep it from pruning: it may last for as long as there is load, and the database is awake then.
 */
export async function sweep(ports: SweepPorts): Promise<Swept> {
  const { mayHaveWork, oldestEnd, historyDueAt } = await ports.activity.look();
  // What has expired does not wake the database either: it goes with the next work.
  if (!mayHaveWork) return { verdict: 'idle' };
  const swept: Swept = await mend(ports);
  if (isPruneDue(oldestEnd, ports)) swept.pruned = await prune(ports);
  if (ports.clock.now() >= (historyDueAt ?? 0)) swept.rolledUp = await rollUpHistory(ports);
  return swept;
}

/**
 * Sends again what should have been claimed long ago: rows whose message was never sent, or got lost. Once no work remains
 * it says so, so that the database can pause until something is submitted; a job that waits for months is no work until its
 * time has come, which is noted down.
 */
async function mend(ports: SweepPorts): Promise<Mended> {
  const woken = await inRounds(() => ports.store.wakeForgotten(ROUND), ports);
  if (woken.sum.sent > 0)
    ports.log.warn('parked_jobs_woken', 'Parked jobs that nothing held were woken.', { ...woken.sum });
  const areParentsExamined = await mendFamilies(ports);
  const busy = [...(await ports.depth.visible())].filter(([, visible]) => visible > 0);
  if (busy.length > 0) {
    return {
      verdict: 'backlog',
      visible: Object.fromEntries(busy),
      ...(await mendDuringBacklog(
        busy.map(([name]) => name),
        ports,
      )),
    };
  }

  const checkedAt = ports.clock.now();
  const last: { nextInMs: number | null } = { nextInMs: null };
  const { sum: sent } = await inRounds(async () => {
    const { jobs, nextInMs } = await ports.store.takeOverdue(ports.sweepAfterSeconds, ROUND);
    last.nextInMs = nextInMs;
    return jobs;
  }, ports);

  const { nextInMs } = last;
  // takeOverdue does not find parked jobs.
  const workRemains = woken.more || !areParentsExamined || (nextInMs !== null && nextInMs <= SOON_MS);
  if (!workRemains) await ports.activity.settle(checkedAt, dueAfter(checkedAt, nextInMs));
  logResent(sent, ports.log);
  return { verdict: 'swept', ...sent, workRemains };
}

/**
 * Wakes the parents of ended children, and cancels the children of canceled parents, if the function that was to do it died.
 *
 * @returns whether the last parent was examined; the next sweep continues there
 */
async function mendFamilies(ports: SweepPorts): Promise<boolean> {
  let isLast = false;
  let sum: Sent = { sent: 0, unsent: 0 };
  for (let round = 0; !isLast && round < MOST_ROUNDS_OF_PARENTS && ports.hasTime(); round += 1) {
    const examined = await ports.store.examineParents(PARENTS);
    isLast = examined.isLast;
    sum = sumOf(sum, await sendAgain(examined.woken, ports));
    await followEndedJobs({ canceled: examined.canceled }, ports);
  }
  if (sum.sent > 0)
    ports.log.warn('parents_woken', 'Jobs that waited for children that had ended were woken.', { ...sum });
  return isLast;
}

/**
 * With messages waiting in a queue, most of its overdue jobs merely wait. But the messages of one tenant's jobs say nothing about
 * another's, whose message may be lost: so the oldest few jobs of each tenant are sent again and put off. A job that waits in
 * the queue gets a second message, which does no harm and is bounded.
 *
 * A backlog of one queue says nothing about the others, among them queues that were removed: these are swept fully.
 */
async function mendDuringBacklog(busy: readonly string[], ports: SweepPorts): Promise<Sent> {
  const { store, sweepAfterSeconds } = ports;
  const ofBusy = await sendAgain(
    await store.takeOverdueOfEachTenant({ only: busy }, sweepAfterSeconds, OF_EACH_TENANT, ROUND),
    ports,
  );
  const { sum: ofOthers } = await inRounds(
    () => store.takeOverdueOfEachTenant({ allBut: busy }, sweepAfterSeconds, ROUND, ROUND),
    ports,
  );
  // Jobs of a busy queue merely wait.
  logResent(ofOthers, ports.log);
  return sumOf(ofBusy, ofOthers);
}

function logResent(sent: Sent, log: ServiceLog): void {
  if (sent.sent > 0) log.warn('jobs_resent', 'Jobs that nobody had claimed were sent again.', { ...sent });
}

/** Takes jobs and sends them again, until there are no more or the time is up. */
async function inRounds(take: () => Promise<JobOfTenant[]>, ports: SweepPorts): Promise<Rounds> {
  let sum: Sent = { sent: 0, unsent: 0 };
  do {
    const jobs = await take();
    sum = sumOf(sum, await sendAgain(jobs, ports));
    if (jobs.length < ROUND) return { sum, more: false };
  } while (ports.hasTime());
  return { sum, more: true };
}

/** Sends jobs again. Those whose queue no longer exists fail instead. */
async function sendAgain(jobs: readonly JobOfTenant[], ports: SweepPorts): Promise<Sent> {
  await failWithoutQueue(
    jobs.filter((job) => !ports.queues.has(job.queue)),
    ports,
  );
  const sendable = jobs.filter((job) => ports.queues.has(job.queue));
  if (sendable.length === 0) return { sent: 0, unsent: 0 };
  const unsent = (await ports.queue.send(sendable.map((job) => ({ ...job, delaySeconds: 0 })))).length;
  return { sent: sendable.length - unsent, unsent };
}

function sumOf(one: Sent, other: Sent): Sent {
  return { sent: one.sent + other.sent, unsent: one.unsent + other.unsent };
}

function dueAfter(checkedAt: Date, inMs: number | null): Date | null {
  return inMs === null ? null : new Date(checkedAt.getTime() + inMs);
}
