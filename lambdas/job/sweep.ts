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
   * Takes up to `limit` jobs that should have been claimed at least `afterSeconds` ago, and postpones each of them by
   * `afterSeconds`. `nextInMs` is the time until the next job is due or the next lease expires, measured before the jobs
   * were taken. `nextInMs` is negative if a job was already due, and null if all jobs have ended.
   */
  takeOverdue(afterSeconds: number, limit: number): Promise<{ jobs: JobOfTenant[]; nextInMs: number | null }>;
  /**
   * Like `takeOverdue`, but takes only jobs in the given queues, and only the `ofEach` oldest jobs per tenant and queue. If
   * there are more than `limit` of these jobs, every tenant's first job is taken before any tenant's second.
   */
  takeOverdueOfEachTenant(
    queues: QueueChoice,
    afterSeconds: number,
    ofEach: number,
    limit: number,
  ): Promise<JobOfTenant[]>;
  /**
   * Wakes up to `limit` jobs that are still parked even though nothing holds them. This happens if a function ended the hold,
   * but crashed before waking the jobs.
   */
  wakeForgotten(limit: number): Promise<JobOfTenant[]>;
  /**
   * Examines the next `limit` jobs that have children; after the last one, starts again with the first. Wakes suspended
   * parents whose awaited children have ended, and returns canceled parents that still have children to cancel. These parents
   * were left over by a function that crashed.
   */
  examineParents(limit: number): Promise<ExaminedParents>;
}

export interface ExaminedParents {
  woken: JobOfTenant[];
  canceled: string[];
  /** Whether the last parent was examined. */
  isLast: boolean;
}

/** Selects queues: only the given queues, or all other queues. */
export type QueueChoice = { readonly only: readonly string[] } | { readonly allBut: readonly string[] };

export interface SweepPorts {
  store: SweepStore & PruneStore & HistoryRollUpStore & MissingQueueStore;
  queue: JobQueue;
  /** This deployment's queues. */
  queues: ReadonlySet<string>;
  depth: QueueDepth;
  activity: ActivityLog;
  clock: Clock;
  log: ServiceLog;
  /** A job that is still unclaimed this many seconds after its due time is overdue. */
  sweepAfterSeconds: number;
  /** How many days ended jobs and messages are kept. */
  retentionDays: number;
  /** Whether there is time for another round. */
  hasTime: () => boolean;
}

/** A sweep's result. `pruned` is set if pruning was due, and `rolledUp` if the history's roll-up was due. */
export type Swept = Mended & { pruned?: Pruned; rolledUp?: RolledUp };

/**
 * How many messages were sent again, and how many SQS rejected. A job whose message was rejected becomes
 * overdue again.
 */
interface Sent {
  sent: number;
  unsent: number;
}

/** The combined result of several rounds. */
interface Rounds {
  readonly sum: Sent;
  /** Whether time ran out before all jobs were processed. */
  readonly more: boolean;
}

type Mended =
  | { verdict: 'idle' }
  /** `visible` is the number of waiting messages, by queue. */
  | ({ verdict: 'backlog'; visible: Record<string, number> } & Sent)
  | ({ verdict: 'swept'; workRemains: boolean } & Sent);

/**
 * The sweeper may go idle if no job is due and no lease expires within this many milliseconds. Leases and message delays
 * last at most 15 minutes, so only a client's request can make any other job due sooner.
 */
const SOON_MS = 20 * 60_000;

/** The maximum number of jobs per statement. */
const ROUND = 500;

/**
 * The number of parents that each statement examines, and the maximum number of these statements per sweep. All of a sweep's
 * statements together take less than a second.
 */
const [PARENTS, MOST_ROUNDS_OF_PARENTS] = [1_000, 10];

/**
 * How many of each tenant's jobs a sweep takes from a queue with a backlog. A tenant with more overdue jobs than this has a
 * backlog of its own. As the tenant's older jobs finish, its jobs with lost messages become its oldest, and a later sweep
 * takes them.
 */
const OF_EACH_TENANT = 10;

/**
 * Sends overdue jobs' messages again, deletes expired data, and merges old history rows. If there can't be any work, reads
 * neither the queues nor the database.
 *
 * Pruning also runs during a backlog, because a backlog may last for as long as the load does, and the database is awake
 * anyway.
 */
export async function sweep(ports: SweepPorts): Promise<Swept> {
  const { mayHaveWork, oldestEnd, historyDueAt } = await ports.activity.look();
  // Don't wake the database just because data has expired. A sweep with other work deletes the expired data.
  if (!mayHaveWork) return { verdict: 'idle' };
  const swept: Swept = await mend(ports);
  if (isPruneDue(oldestEnd, ports)) swept.pruned = await prune(ports);
  if (ports.clock.now() >= (historyDueAt ?? 0)) swept.rolledUp = await rollUpHistory(ports);
  return swept;
}

/**
 * Sends messages for jobs that should have been claimed long ago. Their messages were lost or never sent. If no work remains,
 * records that fact, so that the database can pause until the next submission. A job that is due in months does not count as
 * work until then; its due time is also recorded.
 */
async function mend(ports: SweepPorts): Promise<Mended> {
  const woken = await inRounds(() => ports.store.wakeForgotten(ROUND), ports);
  if (woken.sum.sent > 0)
    ports.log.warn('parked_jobs_woken', 'Parked jobs that nothing held back were woken.', { ...woken.sum });
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
  // `nextInMs` does not take parked jobs into account, so `woken` is checked too.
  const workRemains = woken.more || !areParentsExamined || (nextInMs !== null && nextInMs <= SOON_MS);
  if (!workRemains) await ports.activity.settle(checkedAt, dueAfter(checkedAt, nextInMs));
  logResent(sent, ports.log);
  return { verdict: 'swept', ...sent, workRemains };
}

/**
 * Wakes the parents of ended children, and cancels the children of canceled parents. There is something to do only if a
 * function crashed before it handled the parents or children.
 *
 * @returns whether all parents were examined; if not, the next sweep continues where this one stopped
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
 * Sends overdue jobs' messages again while some queues have a backlog. Most overdue jobs in a queue with a backlog are only
 * waiting for a worker, but some may have lost their messages. A tenant that has lost all its messages would have to wait
 * until the backlog ends, so the sweeper resends the messages of each tenant's oldest jobs, and postpones those jobs. A job
 * that still has its first message gets a second one, which is harmless; {@link OF_EACH_TENANT} limits the number of extra
 * messages.
 *
 * Queues without a backlog, including removed queues, are swept fully.
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
  // Log only the messages for queues without a backlog, because jobs in a busy queue are probably just waiting.
  logResent(ofOthers, ports.log);
  return sumOf(ofBusy, ofOthers);
}

function logResent(sent: Sent, log: ServiceLog): void {
  if (sent.sent > 0) log.warn('jobs_resent', 'Jobs that no worker had claimed were sent again.', { ...sent });
}

/** Takes jobs and sends their messages again, until no jobs are left or time runs out. */
async function inRounds(take: () => Promise<JobOfTenant[]>, ports: SweepPorts): Promise<Rounds> {
  let sum: Sent = { sent: 0, unsent: 0 };
  do {
    const jobs = await take();
    sum = sumOf(sum, await sendAgain(jobs, ports));
    if (jobs.length < ROUND) return { sum, more: false };
  } while (ports.hasTime());
  return { sum, more: true };
}

/** Resends the jobs' messages. If a job's queue no longer exists, marks the job as failed instead. */
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
