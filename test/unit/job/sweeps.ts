import { expect } from '@jest/globals';
import { sweep, type ExaminedParents, type SweepPorts, type Swept } from '../../../lambdas/job/sweep.ts';
import type { JobOfTenant } from '../../../lambdas/job/job-queue.ts';
import { createRecordingLog, type LogEntry } from '../../helpers/recording-log.ts';
import { WITHOUT_FOLLOWERS } from './without-followers.ts';

/** The maximum number of jobs that one statement takes. */
export const ROUND = 500;

/** The maximum number of a tenant's jobs that a sweep takes during a backlog. */
export const OF_EACH_TENANT = 10;

export interface World {
  mayHaveWork?: boolean;
  /** The number of messages that are waiting in the `default` queue. */
  visible?: number;
  /** The number of messages that are waiting in the `images` queue. If undefined, the queue does not exist. */
  visibleImages?: number;
  /** Returns a job's queue. @default `default` */
  queueOf?: (jobId: string) => string;
  /** The number of overdue jobs that each successive statement finds. Later statements find none. */
  overdue?: readonly number[];
  /** The number of parked jobs that each round wakes. */
  forgotten?: readonly number[];
  /** The results of successive examinations of parents. Later results are empty. */
  parents?: readonly ExaminedParents[];
  /** The number of overdue jobs that each successive statement finds in queues without a backlog, while another queue has a backlog. */
  overdueInOthers?: readonly number[];
  /** The time until the next job is due for a sweep, in milliseconds. */
  nextInMs?: number | null;
  unsent?: (jobId: string) => boolean;
  /** How many days ago the oldest remaining item ended; null if nothing was pruned yet. @default 0 */
  oldestEndDays?: number | null;
  /** The number of hours until the next history rows are old enough to merge. */
  historyDueInHours?: number;
  /** The number of rounds that fit into the time limit. */
  rounds?: number;
}

/** Runs one sweep with stub stores and queues that behave as `world` specifies. Returns the result, the calls, the sent messages and the log. */
export async function sweepOnce(
  world: World,
): Promise<{ swept: Swept; calls: string[]; sent: string[]; logged: readonly LogEntry[] }> {
  const { mayHaveWork = true, visible = 0, overdue = [], nextInMs = 1_000, rounds = Infinity } = world;
  const { queueOf = () => 'default' } = world;
  const forgotten = [...(world.forgotten ?? [])];
  const parents = [...(world.parents ?? [])];
  const calls: string[] = [];
  const sent: string[] = [];
  let taken = 0;
  const nextJobs = (count: number): JobOfTenant[] => {
    taken += count;
    return Array.from({ length: count }, (_, index) => {
      const number = taken - index;
      return { jobId: `job-${number}`, tenant: `tenant-of-job-${number}`, queue: queueOf(`job-${number}`) };
    });
  };
  const now = new Date('2026-01-01T00:00:00Z');
  const { oldestEndDays = 0 } = world;
  const oldestEnd = oldestEndDays === null ? null : new Date(now.getTime() - oldestEndDays * 86_400_000);
  const historyDueAt = new Date(now.getTime() + (world.historyDueInHours ?? 1) * 3_600_000);
  const log = createRecordingLog();
  const ports: SweepPorts = {
    log,
    sweepAfterSeconds: 60,
    retentionDays: 30,
    clock: { now: () => now, newId: () => '', random: () => 0 },
    hasTime: () => calls.filter((call) => call === 'take').length < rounds,
    activity: {
      look() {
        calls.push('look');
        return Promise.resolve({ mayHaveWork, oldestEnd, historyDueAt });
      },
      notePruned() {
        calls.push('note pruned');
        return Promise.resolve();
      },
      noteRolledUp() {
        calls.push('note rolled up');
        return Promise.resolve();
      },
      settle(checkedAt, dueAt) {
        calls.push(dueAt === null ? 'settle' : `settle until ${dueAt.toISOString()}`);
        expect(checkedAt).toBe(now);
        return Promise.resolve();
      },
    },
    depth: {
      visible() {
        calls.push('depth');
        return Promise.resolve(
          new Map([
            ['default', visible],
            ...(world.visibleImages === undefined ? [] : [['images', world.visibleImages] as const]),
          ]),
        );
      },
    },
    store: {
      wakeForgotten(limit) {
        expect(limit).toBe(ROUND);
        expect(calls.filter((call) => call !== 'send')).toEqual(['look']);
        return Promise.resolve(nextJobs(forgotten.shift() ?? 0));
      },
      examineParents(limit) {
        expect(limit).toBe(1_000);
        return Promise.resolve(parents.shift() ?? { woken: [], canceled: [], isLast: true });
      },
      takeOverdue(afterSeconds, limit) {
        expect([afterSeconds, limit]).toEqual([60, ROUND]);
        const jobs = nextJobs(overdue[calls.filter((call) => call === 'take').length] ?? 0);
        calls.push('take');
        return Promise.resolve({ jobs, nextInMs });
      },
      takeOverdueOfEachTenant(queues, afterSeconds, ofEach, limit) {
        expect([afterSeconds, limit]).toEqual([60, ROUND]);
        if ('only' in queues) {
          expect(ofEach).toBe(OF_EACH_TENANT);
          calls.push(`take of each in ${queues.only.join(', ')}`);
          return Promise.resolve(nextJobs(overdue[0] ?? 0));
        }
        expect(ofEach).toBe(ROUND);
        const round = calls.filter((call) => call.startsWith('take in all but')).length;
        calls.push(`take in all but ${queues.allBut.join(', ')}`);
        return Promise.resolve(nextJobs(world.overdueInOthers?.[round] ?? 0));
      },
      ...WITHOUT_FOLLOWERS,
      cancelChildren(jobIds) {
        calls.push(`cancel the children of ${jobIds.join(', ')}`);
        return Promise.resolve({ callbacks: [], hasMore: false });
      },
      failWithoutQueue(jobIds) {
        calls.push(`fail ${jobIds.join(', ')}`);
        return Promise.resolve(
          jobIds.map((jobId) => ({
            jobId,
            tenant: 'acme',
            queue: 'removed',
            callbackJobId: `callback-of-${jobId}`,
            batchId: null,
          })),
        );
      },
      rollUp({ stepSeconds }) {
        calls.push(`roll up ${stepSeconds}`);
        return Promise.resolve({ rows: 1, oldest: null });
      },
      prune() {
        calls.push('prune');
        const deleted = { jobs: 1, messages: 2, auditEntries: 3, batches: 4, rateLimits: 5 };
        return Promise.resolve({ ...deleted, isBusy: false, continueAfter: null, oldestEnd: null });
      },
    },
    queues: new Set(['default', 'images']),
    queue: {
      send(wakeUps) {
        calls.push('send');
        for (const { jobId, tenant, delaySeconds, queue } of wakeUps) {
          if (jobId.startsWith('callback')) expect([tenant, queue]).toEqual(['acme', 'default']);
          else expect([tenant, delaySeconds, queue]).toEqual([`tenant-of-${jobId}`, 0, queueOf(jobId)]);
        }
        const ids = wakeUps.map(({ jobId }) => jobId);
        const unsent = ids.filter((jobId) => world.unsent?.(jobId));
        sent.push(...ids.filter((jobId) => !unsent.includes(jobId)));
        return Promise.resolve(unsent);
      },
    },
  };
  return { swept: await sweep(ports), calls, sent, logged: log.entries };
}
