import type { NewAuditEntry } from '../audit.ts';
import { InvalidRequestError, JobTypeUnavailableError, ScheduleNotFoundError } from '../errors.ts';
import type { UnavailableTypes } from '../job-type.ts';
import type { Clock } from '../clock.ts';
import type { ServiceLog } from '../log.ts';
import { placeSchedule, type PlacePorts } from './place-schedule.ts';
import type { ScheduleStore } from './ports.ts';
import type { Schedule, ScheduleDefinition, ScheduleState } from './schedule.ts';

export interface SchedulePorts extends PlacePorts {
  store: ScheduleStore;
  clock: Clock;
  log: ServiceLog;
  /** Job types that can't run. Their schedules can't be started, because every job would fail. */
  unavailable: UnavailableTypes;
}

/** The maximum number of schedules that each statement reads, and the maximum number of schedules placed in parallel. */
const ROUND = 100;
const AT_ONCE = 10;

/**
 * Creates or replaces a schedule. Writes the row first, and then the timetable entry. If the function crashes between the
 * two writes, the row stays marked as unplaced. A repeated request, the next read, or the next firing of the old revision
 * then places the schedule. If the timetable rejects the schedule, the previous row is restored.
 *
 * @throws InvalidRequestError if the timetable rejects the schedule
 * @throws StoreUnavailableError
 */
export async function putSchedule(
  tenant: string,
  name: string,
  definition: ScheduleDefinition,
  entry: NewAuditEntry,
  ports: SchedulePorts,
): Promise<{ created: boolean; schedule: Schedule }> {
  const written = await ports.store.put(tenant, name, definition, entry);
  try {
    await placeSchedule(written.schedule, ports);
  } catch (error) {
    if (error instanceof InvalidRequestError) {
      const before = await ports.store.takeBack(tenant, name, written, reversal(entry, ports));
      if (before) await placeIfPossible(before, ports);
    }
    throw error;
  }
  return written;
}

/**
 * Returns one schedule, after trying to place it if it is not placed yet.
 *
 * @throws ScheduleNotFoundError
 */
export async function getSchedule(tenant: string, name: string, ports: SchedulePorts): Promise<Schedule> {
  const schedule = await ports.store.get(tenant, name);
  if (!schedule) throw new ScheduleNotFoundError(name);
  if (!schedule.is_placed) await placeIfPossible(schedule, ports);
  return schedule;
}

async function placeIfPossible(schedule: Schedule, ports: SchedulePorts): Promise<void> {
  try {
    await placeSchedule(schedule, ports);
  } catch (error) {
    ports.log.warn('schedule_not_placed', 'A schedule could not be placed; the next read will try again.', {
      schedule: schedule.name,
      error,
    });
  }
}

/**
 * Starts or stops a schedule. If the timetable rejects the started schedule, stops the schedule again.
 *
 * @throws InvalidRequestError if the timetable rejects the schedule
 * @throws ScheduleNotFoundError, JobTypeUnavailableError, StoreUnavailableError
 */
export async function setScheduleState(
  tenant: string,
  name: string,
  state: ScheduleState,
  entry: NewAuditEntry,
  ports: SchedulePorts,
): Promise<Schedule> {
  if (state === 'started') await requireAvailable(tenant, name, ports);
  const schedule = await ports.store.setState(tenant, name, state, entry);
  if (!schedule) throw new ScheduleNotFoundError(name);
  await placeOrStop(schedule, entry, ports);
  return schedule;
}

async function placeOrStop(schedule: Schedule, entry: NewAuditEntry, ports: SchedulePorts): Promise<void> {
  try {
    await placeSchedule(schedule, ports);
  } catch (error) {
    if (error instanceof InvalidRequestError) {
      const { tenant, name } = schedule;
      const stopped = await ports.store.setState(tenant, name, 'stopped', reversal(entry, ports));
      if (stopped) await placeIfPossible(stopped, ports);
    }
    throw error;
  }
}

/** Creates the audit entry for undoing a change that the timetable rejected. */
function reversal({ actor }: NewAuditEntry, { clock }: SchedulePorts): NewAuditEntry {
  return { entryId: clock.newId(), actor, action: 'schedule.revert' };
}

/**
 * Starts or stops all of a tenant's schedules in one statement, and then updates the timetable. If the request is
 * interrupted, repeat it to place the remaining schedules.
 *
 * @returns the number of schedules that are now in the requested state, and the schedules that could not be started, each
 * with the reason
 * @throws StoreUnavailableError
 */
export async function setStateOfAllSchedules(
  tenant: string,
  state: ScheduleState,
  entry: NewAuditEntry,
  ports: SchedulePorts,
): Promise<{ count: number; left: { name: string; reason: string }[] }> {
  const leftOut = state === 'started' ? [...ports.unavailable.keys()] : [];
  const { count, left } = await ports.store.setStateOfAll(tenant, state, leftOut, entry);
  const refused: { name: string; reason: string }[] = [];
  const place = async (schedule: Schedule): Promise<void> => {
    try {
      await placeOrStop(schedule, entry, ports);
    } catch (error) {
      if (!(error instanceof InvalidRequestError)) throw error;
      refused.push({ name: schedule.name, reason: error.errors[0]?.message ?? error.message });
    }
  };
  for (;;) {
    const unplaced = await ports.store.unplaced(tenant, ROUND);
    for (let start = 0; start < unplaced.length; start += AT_ONCE) {
      const some = unplaced.slice(start, start + AT_ONCE);
      await Promise.all(some.map(place));
    }
    if (unplaced.length < ROUND) break;
  }
  return {
    count: count - refused.length,
    left: [
      ...left.map(({ name, type }) => ({ name, reason: ports.unavailable.get(type) ?? '' })),
      ...refused,
    ],
  };
}

async function requireAvailable(tenant: string, name: string, ports: SchedulePorts): Promise<void> {
  const { job } = (await ports.store.get(tenant, name)) ?? {};
  const reason = job && ports.unavailable.get(job.type);
  if (reason !== undefined) throw new JobTypeUnavailableError(name, job?.type ?? '', reason);
}

/**
 * Deletes a schedule's row, and then its timetable entry. The row is deleted first, so that late firings don't find it. A
 * repeated request completes an interrupted deletion, because the request removes the entry even if the row no longer
 * exists. If the schedule was re-created in the meantime, the new schedule is kept.
 *
 * @throws ScheduleNotFoundError, StoreUnavailableError
 */
export async function deleteSchedule(
  tenant: string,
  name: string,
  entry: NewAuditEntry,
  ports: SchedulePorts,
): Promise<void> {
  const existed = await ports.store.remove(tenant, name, entry);
  await ports.timetable.strike(tenant, name);
  const successor = await ports.store.get(tenant, name);
  if (successor) await placeSchedule(successor, ports);
  if (!existed) throw new ScheduleNotFoundError(name);
}
