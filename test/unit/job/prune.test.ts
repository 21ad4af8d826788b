import { describe, expect, it } from '@jest/globals';
import { isPruneDue, prune, type Pruned } from '../../../lambdas/job/prune.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const LEFT = new Date('2026-05-20T00:00:00Z');
const clock = { now: () => NOW, newId: () => '', random: () => 0 };
/** The maximum number of jobs that one statement deletes. */
const BATCH = 500;

const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * 86_400_000);

interface World {
  /** The number of rows that each successive statement deletes. Later statements delete nothing. */
  batches?: readonly (readonly [
    jobs: number,
    messages: number,
    auditEntries?: number,
    rateLimits?: number,
  ])[];
  /** The end time of the oldest remaining item. */
  left?: Date | null;
  /** The number of batches that fit into the time limit. */
  time?: number;
  /** The zero-based index of a batch that is skipped because another pruning is running. */
  busyAt?: number;
}

async function pruneOnce(world: World): Promise<{ pruned: Pruned; batches: number; noted: Date[] }> {
  const noted: Date[] = [];
  let batches = 0;
  const unexpected = (): Promise<never> => Promise.reject(new Error('Not part of pruning.'));
  const pruned = await prune({
    clock,
    log: createRecordingLog(),
    retentionDays: 30,
    hasTime: () => batches < (world.time ?? Infinity),
    store: {
      prune(retentionDays, limit) {
        expect([retentionDays, limit]).toEqual([30, BATCH]);
        const isBusy = batches === world.busyAt;
        const [jobs, messages, auditEntries = 0, rateLimits = 0] = (isBusy
          ? undefined
          : world.batches?.[batches]) ?? [0, 0];
        batches += 1;
        const oldestEnd = world.left === undefined ? LEFT : world.left;
        const continueAfter =
          jobs === BATCH ? { endTime: NOW.toISOString(), jobId: `last-${batches}` } : null;
        return Promise.resolve({
          ...{ jobs, messages, auditEntries, batches: 0, rateLimits, isBusy },
          ...{ continueAfter, oldestEnd },
        });
      },
    },
    activity: {
      look: unexpected,
      settle: unexpected,
      noteRolledUp: unexpected,
      notePruned(oldestEnd) {
        noted.push(oldestEnd);
        return Promise.resolve();
      },
    },
  });
  return { pruned, batches, noted };
}

describe('pruning', () => {
  it('is due as soon as the first remaining item has expired', () => {
    const isDue = (days: number): boolean => isPruneDue(daysAgo(days), { clock, retentionDays: 30 });
    expect([29.9, 30, 31].map(isDue)).toEqual([false, true, true]);
  });

  it('is due if none ever ran', () => {
    expect(isPruneDue(null, { clock, retentionDays: 3650 })).toBe(true);
  });

  it('continues in batches until one is not full, for jobs, messages, audit entries and rate limits', async () => {
    const { pruned, batches } = await pruneOnce({
      batches: [
        [BATCH, 3],
        [7, BATCH],
        [0, 0, BATCH],
        [0, 0, 0, BATCH],
        [0, 2, 4],
      ],
    });
    expect(pruned).toEqual({
      jobs: BATCH + 7,
      messages: BATCH + 5,
      auditEntries: BATCH + 4,
      batches: 0,
      rateLimits: BATCH,
      isDone: true,
    });
    expect(batches).toBe(5);
  });

  it('records the ends of the oldest remaining items, which the next pruning waits for', async () => {
    expect((await pruneOnce({ batches: [[1, 0]] })).noted).toEqual([LEFT]);
    // No ended item is left, so the next item that can be pruned ends now or later.
    expect((await pruneOnce({ left: null })).noted).toEqual([NOW]);
  });

  it('stops at its time limit, and is still due', async () => {
    const { pruned, noted } = await pruneOnce({
      batches: [
        [BATCH, 0],
        [BATCH, 0],
        [BATCH, 0],
      ],
      time: 2,
    });
    expect(pruned).toEqual({
      jobs: 2 * BATCH,
      messages: 0,
      auditEntries: 0,
      batches: 0,
      rateLimits: 0,
      isDone: false,
    });
    expect(noted).toEqual([]);
  });

  it('starts nothing without time', async () => {
    expect(await pruneOnce({ time: 0 })).toMatchObject({ batches: 0, pruned: { batches: 0, isDone: false } });
  });

  it('ends when another pruning is running, and is due again', async () => {
    const batches = [[BATCH, 3]] as const;
    expect(await pruneOnce({ batches, busyAt: 1 })).toEqual({
      pruned: { jobs: BATCH, messages: 3, auditEntries: 0, batches: 0, rateLimits: 0, isDone: false },
      batches: 2,
      noted: [],
    });
  });
});
