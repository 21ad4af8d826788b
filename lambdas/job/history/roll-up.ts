import type { ActivityLog } from '../activity.ts';
import type { Clock } from '../clock.ts';
import type { ServiceLog } from '../log.ts';
import { RESOLUTIONS, startOfStep, type Resolution } from './resolution.ts';

/** Merges rows of the history. */
export interface HistoryRollUpStore {
  /**
   * In one statement, merges up to `limit` rows of this resolution that began before `before`, oldest first, into the next
   * resolution, or deletes them if this is the last one. `oldest` is the start of the oldest remaining row; null if none
   * remain.
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

/** The number of rows merged or deleted; `isDone` is false if time ran out first. */
export interface RolledUp {
  rows: number;
  isDone: boolean;
}

/** The number of rows that each statement merges. */
const BATCH = 2_000;

/** The minimum time between roll-ups, in milliseconds. Rows that become old enough sooner have to wait. */
const PAUSE_MS = 15 * 60_000;

/**
 * Merges old minutes into five minutes, five minutes into hours, and hours into days, and deletes old days, batch by batch.
 * Records when the next rows will be old enough.
 */
export async function rollUpHistory(ports: RollUpPorts): Promise<RolledUp> {
  const rolledUp: RolledUp = { rows: 0, isDone: true };
  const now = ports.clock.now();
  const due: number[] = [];
  // Go from fine to coarse, so that after a long pause one run may merge minutes all the way into days.
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

/** When a row that began at `start` will be old enough, along with the other rows of its hour or day. */
function dueAt(start: Date, resolution: Resolution): number {
  const span = spanOf(resolution);
  return startOfStep(start, span).getTime() + span * 1_000 + resolution.keptMs;
}

/** The length, in seconds, of the time range merged or deleted at once. */
function spanOf({ stepSeconds, nextSeconds }: Resolution): number {
  return nextSeconds ?? stepSeconds;
}
