import type { DataApi } from '../../lambdas/adapters/aurora/data-api.ts';
import { createFiringStore, createScheduleStore } from '../../lambdas/adapters/aurora/schedule-store.ts';
import type { Schedule } from '../../lambdas/job/schedules/schedule.ts';
import { v7 as uuidv7 } from 'uuid';
import { entryOf } from '../helpers/audit-entries.ts';
import type { HotStatement } from './explain.ts';
import { ONE_ROW, ONE_WRITE, PAGE } from './hot-statement.ts';
import { SCHEDULE, TENANT } from './job-rows.ts';

/** The schedule's row before the change. */
const ROW_BEFORE = {
  ...SCHEDULE,
  state: 'started',
  anchor_at: '2026-01-01T00:00:00Z',
  update_time: '2026-01-01T00:00:00Z',
};

/** Returns the statements for schedules. */
export function scheduleStatements(): HotStatement[] {
  const schedule = 'schedule-7';
  return [
    {
      title: 'a schedule that is written',
      call: (api) => createScheduleStore(api).put(TENANT, schedule, SCHEDULE, entryOf('schedule.put')),
      maxPages: ONE_WRITE,
    },
    {
      title: 'a schedule',
      call: (api) => createScheduleStore(api).get(TENANT, schedule),
      maxPages: 2 * ONE_ROW,
    },
    {
      title: 'the schedules',
      call: (api) => createScheduleStore(api).list(TENANT, '', PAGE),
      maxPages: PAGE * ONE_ROW,
    },
    {
      title: 'the schedules that are not placed',
      call: (api) => createScheduleStore(api).unplaced(TENANT, PAGE),
      maxPages: PAGE * ONE_ROW,
    },
    {
      title: 'a schedule that is stopped',
      call: (api) => createScheduleStore(api).setState(TENANT, schedule, 'stopped', entryOf('schedule.stop')),
      maxPages: ONE_WRITE,
    },
    {
      title: 'a schedule that is placed',
      call: (api) => createScheduleStore(api).markPlaced(TENANT, schedule, '7'),
      maxPages: ONE_WRITE,
    },
    {
      title: 'a schedule that is not placed',
      call: (api) => createScheduleStore(api).markUnplaced(TENANT, schedule, '7'),
      maxPages: ONE_WRITE,
    },
    ...[true, false].map((created) => ({
      title: created ? 'a new schedule that is refused' : 'a changed schedule that is refused',
      call: (api: DataApi) => {
        const put = { created, schedule: { revision: '7' } as Schedule, before: JSON.stringify(ROW_BEFORE) };
        return createScheduleStore(api).takeBack(TENANT, schedule, put, entryOf('schedule.revert'));
      },
      maxPages: ONE_WRITE,
    })),
    {
      title: 'a firing',
      call: (api) =>
        createFiringStore(api).fire(
          { tenant: TENANT, name: schedule, fireTime: new Date().toISOString() },
          { jobId: uuidv7(), callbackJobId: uuidv7() },
          { unavailable: [], queues: new Map([['sleep', 'images']]) },
          10_000_000,
        ),
      maxPages: 2 * ONE_WRITE,
    },
  ];
}
