import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rollUpHistory } from '../../../../lambdas/job/history/roll-up.ts';
import { createRecordingLog } from '../../../helpers/recording-log.ts';

const NOW = new Date('2026-06-01T12:34:56Z');
const BATCH = 2_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const unexpected = (): Promise<never> => Promise.reject(new Error('Not part of a roll-up.'));

interface World {
  now?: Date;
  /** The number of rows that each successive statement merges, by step. Later statements merge no rows. */
  batches?: Readonly<Record<number, readonly number[]>>;
  /** The start time of the oldest remaining row, by step. */
  oldest?: Readonly<Record<number, Date>>;
  /** The number of statements that fit within the time limit. */
  time?: number;
}

async function rollUpOnce({ now = NOW, batches = {}, oldest = {}, time = Infinity }: World) {
  const calls: string[] = [];
  const noted: string[] = [];
  const rolledUp = await rollUpHistory({
    clock: { now: () => now, newId: () => '', random: () => 0 },
    log: createRecordingLog(),
    hasTime: () => calls.length < time,
    store: {
      rollUp({ stepSeconds, nextSeconds }, before, limit) {
        expect(limit).toBe(BATCH);
        const call = `${stepSeconds} to ${String(nextSeconds)} before ${before.toISOString()}`;
        const nth = calls.filter((each) => each === call).length;
        calls.push(call);
        const rows = batches[stepSeconds]?.[nth] ?? 0;
        return Promise.resolve({ rows, oldest: oldest[stepSeconds] ?? null });
      },
    },
    activity: {
      look: unexpected,
      settle: unexpected,
      notePruned: unexpected,
      noteRolledUp(dueAt) {
        noted.push(dueAt.toISOString());
        return Promise.resolve();
      },
    },
  });
  return { rolledUp, calls, noted };
}

const MINUTES = '60 to 300 before 2026-06-01T09:20:00.000Z';
const FIVE_MINUTES = '300 to 3600 before 2026-05-30T11:00:00.000Z';
const HOURS = '3600 to 86400 before 2026-04-26T00:00:00.000Z';
const DAYS = '86400 to null before 2025-04-26T00:00:00.000Z';

it('a roll-up merges whole steps, fine rows first, and deletes old days', async () => {
  const { calls, rolledUp } = await rollUpOnce({ batches: { 60: [BATCH, 5], 3600: [7] } });
  expect(calls).toEqual([MINUTES, MINUTES, FIVE_MINUTES, HOURS, DAYS]);
  expect(rolledUp).toEqual({ rows: BATCH + 12, isDone: true });
});

it('a roll-up records when the next rows are old enough, at least a quarter of an hour later', async () => {
  // The row's five-minute period ends at 09:55. The row may be merged from 13:05 on, 3 hours and 10 minutes later.
  const oldest = { 60: new Date('2026-06-01T09:53:00Z') };
  expect((await rollUpOnce({ oldest })).noted).toEqual(['2026-06-01T13:05:00.000Z']);
  expect((await rollUpOnce({ oldest: { 60: new Date('2026-06-01T09:21:00Z') } })).noted).toEqual([
    '2026-06-01T12:49:56.000Z',
  ]);
  // With no rows left, the next roll-up is due when a row written now would be old enough.
  expect((await rollUpOnce({})).noted).toEqual(['2026-06-01T15:45:00.000Z']);
});

it('a roll-up without enough time is due again', async () => {
  const { rolledUp, noted } = await rollUpOnce({ batches: { 60: [BATCH, BATCH, BATCH] }, time: 2 });
  expect(rolledUp).toEqual({ rows: 2 * BATCH, isDone: false });
  expect(noted).toEqual([]);
});

it('at the recorded time, the oldest row of each resolution is old enough to be merged', async () => {
  const kept = new Map([
    [60, 3 * HOUR_MS],
    [300, 2 * DAY_MS],
    [3_600, 35 * DAY_MS],
    [86_400, 400 * DAY_MS],
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...kept.keys()),
      fc.integer({ min: 0, max: 400 * DAY_MS }),
      async (step, agoMs) => {
        const start = new Date(Math.floor((NOW.getTime() - agoMs) / (step * 1_000)) * step * 1_000);
        /** Runs a roll-up at the time `now`. Returns whether it merges the row, and the time of the next roll-up. */
        const rollUpAt = async (now: Date) => {
          const { calls, noted } = await rollUpOnce({ now, oldest: { [step]: start } });
          const call = calls.find((each) => each.startsWith(`${step} `)) ?? '';
          const before = new Date(call.slice(call.lastIndexOf(' ') + 1));
          return { takesRow: before > start, next: Date.parse(noted[0] ?? '') };
        };
        const keptMs = kept.get(step) ?? 0;
        const justKept = start.getTime() + keptMs;
        const { takesRow, next } = await rollUpAt(new Date(justKept));
        expect(takesRow).toBe(false);
        expect(next).toBeGreaterThan(justKept);
        // A roll-up three days later must merge the row, even if a step is a day long.
        expect((await rollUpAt(new Date(justKept + DAY_MS + 2 * DAY_MS))).takesRow).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});
