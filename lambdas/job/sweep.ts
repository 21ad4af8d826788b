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
   * Takes up to `limit` jobs that should have been claimed `afterSeconds` ago, and postpones each by the same time. `nextInMs` is
   * the time until the first open job is due or its lease ends, computed before the jobs were taken. It is negative if that job
   * was overdue, and null if every job is terminal.
   */
  takeOverdue(afterSeconds: number, limit: number): Promise<{ jobs: JobOfTenant[]; nextInMs: number | null }>;
  /**
   * Takes overdue jobs of some queues as above, but at most the oldest `ofEach` of each tenant in each queue. If there are more
   * than `limit`, tenants with few jobs come first, and each tenant's first job comes before any tenant's second.
   */
  takeOverdueOfEachTenant(
    queues: QueueChoice,
    afterSeconds: number,
    ofEach: number,
    limit: number,
  ): Promise<JobOfTenant[]>;
  /**
   * Wakes up to `limit` parked jobs that nothing holds any longer, because the function that removed the reason died before it
   * woke them.
   */
  wakeForgotten(limit: number): Promise<JobOfTenant[]>;
  /**
   * Examines the next `limit` jobs with children; after the last one, it starts again with the first. Wakes suspended jobs whose
   * awaited children have ended, and returns canceled jobs with children to cancel: in both cases a function died before it could
   * do this.
   */
  examineParents(limit: number): Promise<ExaminedParents>;
}

export interface ExaminedParents {
  woken: JobOfTenant[];
  canceled: string[];
  /** Whether the last parent was examined. */
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
  /** How many seconds after its due time a job counts as forgotten. */
  sweepAfterSeconds: number;
  /** How long ended jobs and messages are kept, in days. */
  retentionDays: number;
  /** Whether there is time for another round. */
  hasTime: () => boolean;
}

/** The result of a sweep; `pruned` and `rolledUp` are set if they were due. */
export type Swept = Mended & { pruned?: Pruned; rolledUp?: RolledUp };

/** How many jobs were sent again, and how many messages SQS refused: those jobs become overdue again. */
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
  /** `visible` counts the waiting messages, by queue. */
  | ({ verdict: 'backlog'; visible: Record<string, number> } & Sent)
  | ({ verdict: 'swept'; workRemains: boolean } & Sent);

/**
 * A job that is due later than this does not count as work, in milliseconds. It is longer than any lease and any message delay
 * (both 15 minutes): until its due time, only a request can affect such a job.
 */
const SOON_MS = 20 * 60_000;

/** The number of jobs that one statement takes. */
const ROUND = 500;

/**
 * The number of parents that one statement examines, and the maximum number of such statements in a sweep: together they take less than a
 * second.
 */
const [PARENTS, MOST_ROUNDS_OF_PARENTS] = [1_000, 10];

/**
 * The number of each tenant's jobs that a sweep takes from a queue with a backlog. A tenant with more overdue jobs has its own
 * backlog: as its other jobs finish, the jobs with lost messages become its oldest.
 */
const OF_EACH_TENANT = 10;

/**
 * Sends forgotten jobs again, deletes expired data, and merges old rows of the history. If there can be no work, it reads neither
 * the queue nor the database.
 *
 * A backlog does not prevent pruning: it may last as long as there is load, and the database is awake then.
 */
export async function sweep(ports: SweepPorts): Promise<Swept> {
  const { mayHaveWork, oldestEnd, historyDueAt } = await ports.activity.look();
  // Expired data does not wake the database either: it is deleted with the next work.
  if (!mayHaveWork) return { verdict: 'idle' };
  const swept: Swept = await mend(ports);
  if (isPruneDue(oldestEnd, ports)) swept.pruned = await prune(ports);
  if (ports.clock.now() >= (historyDueAt ?? 0)) swept.rolledUp = await rollUpHistory(ports);
  return swept;
}

/**
 * Sends messages again for jobs that should have been claimed long ago, because their message was never sent, or was lost. If no
 * work remains, records that, so that the database can pause until the next submission. A job that waits for months is not work
 * until its due time, which is recorded too.
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
 * Wakes the parents of ended children, and cancels the children of canceled parents, if the responsible function died.
 *
 * @returns whether the last parent was examined; otherwise the next sweep continues there
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
 * If messages wait in a queue, most of its overdue jobs are only waiting for a worker. But one tenant's waiting messages say
 * nothing about another tenant's job, whose message may be lost. So the oldest few jobs of each tenant are sent again and
 * postponed. A job that is already in the queue gets a second message, which is harmless and limited in number.
 *
 * A backlog in one queue says nothing about the other queues, including removed ones: these are swept fully.
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
  // Jobs of a busy queue are only waiting, so they are not logged.
  logResent(ofOthers, ports.log);
  return sumOf(ofBusy, ofOthers);
}

function logResent(sent: Sent, log: ServiceLog): void {
  if (sent.sent > 0) log.warn('jobs_resent', 'Jobs that nobody had claimed were sent again.', { ...sent });
}

/** Takes jobs and sends them again, until there are none left or the time is up. */
async function inRounds(take: () => Promise<JobOfTenant[]>, ports: SweepPorts): Promise<Rounds> {
  let sum: Sent = { sent: 0, unsent: 0 };
  do {
    const jobs = await take();
    sum = sumOf(sum, await sendAgain(jobs, ports));
    if (jobs.length < ROUND) return { sum, more: false };
  } while (ports.hasTime());
  return { sum, more: true };
}

/** Sends jobs again. Jobs whose queue no longer exists fail instead. */
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
