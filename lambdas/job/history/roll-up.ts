import type { ActivityLog } from '../activity.ts';
import type { Clock } from '../clock.ts';
import type { ServiceLog } from '../log.ts';
import { RESOLUTIONS, startOfStep, type Resolution } from './resolution.ts';

/** Merges rows of the history. */
export interface HistoryRollUpStore {
  /**
   * Merges up to `limit` rows of this resolution that began before `before`, the oldest first, into its next step, or deletes them if it
   * has none, in one statement. `oldest`: when the oldest of the remaining rows began; null without any.
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

/** What was merged or deleted; `isDone` is false if the time was over first. */
export interface RolledUp {
  rows: number;
  isDone: boolean;
}

/** Rows merged by one statement. */
const BATCH = 2_000;

/** The least time between two roll-ups, in milliseconds: rows that are old enough a little earlier wait. */
const PAUSE_MS = 15 * 60_000;

/**
 * Merges old minutes into five minutes, these into hours, hours into days, and deletes old days, batch by batch. Notes when the next rows
 * will be old enough.
 */
export async function rollUpHistory(ports: RollUpPorts): Promise<RolledUp> {
  const rolledUp: RolledUp = { rows: 0, isDone: true };
  const now = ports.clock.now();
  const due: number[] = [];
  // From fine to coarse: after a long sleep, minutes may become days at once.
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
  if (rows > 0) ports.log.info('history_rolled_up', 'Old rows of the history were merged.', { rows, isDone });
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

/** When a row that began at `start` will be old enough, with all others of its hour or day. */
function dueAt(start: Date, resolution: Resolution): number {
  const span = spanOf(resolution);
  return startOfStep(start, span).getTime() + span * 1_000 + resolution.keptMs;
}

/** The seconds of what is merged or deleted at once. */
function spanOf({ stepSeconds, nextSeconds }: Resolution): number {
  return nextSeconds ?? stepSeconds;
}
