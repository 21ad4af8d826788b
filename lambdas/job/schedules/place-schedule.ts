import { readRate } from '../../schedule-expression/recurrence.ts';
import { nextFiring, type Schedule } from './schedule.ts';
import type { ScheduleStore, Timetable } from './ports.ts';

export interface PlacePorts {
  store: Pick<ScheduleStore, 'get' | 'markPlaced'>;
  timetable: Timetable;
  now: () => Date;
}

/**
 * The maximum age at which a firing is still registered, in milliseconds. Without this tolerance, a rate would miss its first
 * firing, which is at the start time.
 */
const JUST_NOW_MS = 60_000;

/**
 * Makes the timetable match a schedule's row, and marks the row as placed. If the row changes in the meantime, places the new
 * version too. After the last call, the timetable therefore always matches the row.
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
 * The earliest time at which the timetable fires the schedule. A rate is counted from its anchor, so that neither a repair
 * nor a new payload changes its firing times. A cron expression needs a start time only if that time is in the future.
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
