import type { ActivityLog } from '../activity.ts';
import type { Clock } from '../clock.ts';
import type { ServiceLog } from '../log.ts';
import { RESOLUTIONS, startOfStep, type Resolution } from './resolution.ts';

/** Merges and deletes old history rows. */
export interface HistoryRollUpStore {
  /**
   * Merges up to `limit` of this resolution's rows into the next resolution, oldest first, or deletes the rows if this is
   * the last resolution. Rows whose step began at or after `before` are left unchanged. Runs one statement. `oldest` is
   * the start of the resolution's oldest remaining row; null if none remain.
   */
  rollUp(
    resolution: Pick<Resolution, 'stepSeconds' | 'nextSeconds'>,
    before: Date,
    limit: number,
  ): Promise<{ rows: number; oldest: Date | null }>;
}

export interface RollUpPorts {
  store: HistoryRollUpStore;
  activity: ActivityLog;
  clock: Clock;
  log: ServiceLog;
  /** Whether there is time for another batch. */
  hasTime: () => boolean;
}

/** The number of rows merged or deleted. `isDone` is false if time ran out before all old rows were handled. */
export interface RolledUp {
  rows: number;
  isDone: boolean;
}

/** The maximum number of rows that each statement merges or deletes. */
const BATCH = 2_000;

/**
 * The minimum time between roll-ups, in milliseconds. Rows that become old enough between two roll-ups wait for the next
 * one.
 */
const PAUSE_MS = 15 * 60_000;

/**
 * Merges old one-minute rows into five-minute rows, old five-minute rows into hourly rows, and old hourly rows into daily
 * rows. Deletes old daily rows. Works in batches, and records when the next rows will be old enough to merge or delete.
 */
export async function rollUpHistory(ports: RollUpPorts): Promise<RolledUp> {
  const rolledUp: RolledUp = { rows: 0, isDone: true };
  const now = ports.clock.now();
  const due: number[] = [];
  // Start with the finest resolution. After a long gap between roll-ups, one run can then merge one-minute rows all the
  // way into daily rows.
  for (const resolution of RESOLUTIONS) {
    const batch = await rollUpOne(resolution, now, ports);
    rolledUp.rows += batch.rows;
    rolledUp.isDone &&= batch.isDone;
    due.push(dueAt(batch.oldest ?? now, resolution));
  }
  if (rolledUp.isDone) {
    const dueNext = Math.max(Math.min(...due), now.getTime() + PAUSE_MS);
    await ports.activity.noteRolledUp(new Date(dueNext));
  }
  const { rows, isDone } = rolledUp;
  if (rows > 0) ports.log.info('history_rolled_up', 'Old history rows were merged.', { rows, isDone });
  return rolledUp;
}

async function rollUpOne(resolution: Resolution, now: Date, { store, hasTime }: RollUpPorts) {
  const before = startOfStep(new Date(now.getTime() - resolution.keptMs), spanOf(resolution));
  let rows = 0;
  while (hasTime()) {
    const batch = await store.rollUp(resolution, before, BATCH);
    rows += batch.rows;
    if (batch.rows < BATCH) return { rows, oldest: batch.oldest, isDone: true };
  }
  return { rows, oldest: null, isDone: false };
}

/**
 * Returns the time at which a row that starts at `start` becomes old enough to merge. All rows that merge into the same
 * larger step become old enough at the same time.
 */
function dueAt(start: Date, resolution: Resolution): number {
  const span = spanOf(resolution);
  return startOfStep(start, span).getTime() + span * 1_000 + resolution.keptMs;
}

/**
 * Returns the length of a period whose rows all become old enough at the same time, in seconds: one step of the next
 * resolution, or of this resolution if its rows are deleted.
 */
function spanOf({ stepSeconds, nextSeconds }: Resolution): number {
  return nextSeconds ?? stepSeconds;
}
