import { readRate } from '../../schedule-expression/recurrence.ts';
import { nextFiring, type Schedule } from './schedule.ts';
import type { ScheduleStore, Timetable } from './ports.ts';

export interface PlacePorts {
  store: Pick<ScheduleStore, 'get' | 'markPlaced'>;
  timetable: Timetable;
  now: () => Date;
}

/**
 * The tolerance for a firing that was due shortly before its schedule was registered, in milliseconds. Without this
 * tolerance, a new rate would miss its first firing, which is due at the start time itself.
 */
const JUST_NOW_MS = 60_000;

/**
 * Makes the timetable match a schedule's row, and marks the row as placed. If the row changes in the meantime, places the
 * new revision too, so that concurrent calls always leave the timetable matching the row.
 *
 * @throws StoreUnavailableError; the row then stays unplaced, and the next access places it
 */
export async function placeSchedule(schedule: Schedule, ports: PlacePorts): Promise<void> {
  const { store, timetable, now } = ports;
  const { tenant, name } = schedule;
  for (let current: Schedule | undefined = schedule; ;) {
    if (!current) return timetable.strike(tenant, name);
    if (nextFiring(current, justBefore(now()))) await timetable.enter(current, firstMoment(current, now()));
    else await timetable.strike(tenant, name);
    if (await store.markPlaced(tenant, name, current.revision)) return;
    current = await store.get(tenant, name);
  }
}

/**
 * Returns the earliest time at which the timetable may fire the schedule. For a rate, this is the next firing counted
 * from the anchor, so that placing the schedule again never shifts its firing times. For a cron expression, this is the
 * start time, if that time is in the future.
 */
function firstMoment(schedule: Schedule, now: Date): Date | undefined {
  if (schedule.rate === null) {
    const startAt = schedule.start_at === null ? undefined : new Date(schedule.start_at);
    return startAt && startAt > now ? startAt : undefined;
  }
  return nextFiring(schedule, justBefore(now, readRate(schedule.rate).periodMs));
}

function justBefore(now: Date, periodMs = JUST_NOW_MS): Date {
  return new Date(now.getTime() - Math.min(JUST_NOW_MS, periodMs));
}
