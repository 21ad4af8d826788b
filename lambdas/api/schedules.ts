import type { DataApi } from '../adapters/aurora/data-api.ts';
import { createScheduleStore } from '../adapters/aurora/schedule-store.ts';
import type { Scheduler } from '../adapters/scheduler/scheduler.ts';
import { createTimetable, type TimetableSettings } from '../adapters/scheduler/timetable.ts';
import { unavailableOf } from '../job/job-type.ts';
import type { SchedulePorts } from '../job/schedules/manage-schedules.ts';
import type { SubmissionRules } from './submission.ts';

export interface ScheduleDependencies extends SchedulePorts, SubmissionRules {
  readonly now: () => Date;
}

/**
 * Creates the dependencies of the schedule operations. This module is loaded on the first request for schedules, to keep
 * cold starts short.
 */
export function createSchedules(
  dataApi: DataApi,
  scheduler: Scheduler,
  settings: TimetableSettings,
  shared: Omit<ScheduleDependencies, 'store' | 'timetable' | 'unavailable'>,
): ScheduleDependencies {
  return {
    ...shared,
    store: createScheduleStore(dataApi),
    timetable: createTimetable(scheduler, settings),
    unavailable: unavailableOf(shared.jobTypes.values()),
  };
}
