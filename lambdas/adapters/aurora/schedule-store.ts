import type { FiringStore, Fired, PutSchedule, ScheduleStore } from '../../job/schedules/ports.ts';
import type { Schedule } from '../../job/schedules/schedule.ts';
import type { DataApi } from './data-api.ts';
import { entryParameters } from './sql/audit-entry.ts';
import { FIRE_SCHEDULE } from './sql/fire-schedule.ts';
import {
  DELETE_SCHEDULE,
  DELETE_SCHEDULE_REVISION,
  GET_SCHEDULE,
  LIST_SCHEDULES,
  LIST_UNPLACED_SCHEDULES,
  MARK_SCHEDULE_PLACED,
  MARK_SCHEDULE_UNPLACED,
  PUT_SCHEDULE,
  RESTORE_SCHEDULE,
  SET_SCHEDULE_STATE,
  SET_STATE_OF_ALL_SCHEDULES,
} from './sql/schedules.ts';

/** One row of {@link FIRE_SCHEDULE}. */
interface FiredRow {
  verdict: Fired['verdict'];
  job_id: string | null;
  queue: string;
  type: string;
  revision: string;
}

/** Stores schedules in Aurora. */
export function createScheduleStore(dataApi: DataApi): ScheduleStore {
  return {
    async put(tenant, name, definition, entry) {
      const [row] = await dataApi.query<PutSchedule>(PUT_SCHEDULE, {
        tenant,
        name,
        definition: JSON.stringify(definition),
        ...entryParameters(entry),
      });
      if (!row) throw new Error(`The store returned no row for the schedule ${name}.`);
      return row;
    },

    async takeBack(tenant, name, { created, schedule: { revision }, before }, entry) {
      const parameters = { tenant, name, revision, ...entryParameters(entry) };
      if (created) {
        await dataApi.query(DELETE_SCHEDULE_REVISION, parameters);
        return undefined;
      }
      return (await dataApi.query<Schedule>(RESTORE_SCHEDULE, { ...parameters, before }))[0];
    },

    async get(tenant, name) {
      return (await dataApi.query<Schedule>(GET_SCHEDULE, { tenant, name }))[0];
    },

    list(tenant, after, limit) {
      return dataApi.query<Schedule>(LIST_SCHEDULES, { tenant, after, limit });
    },

    unplaced(tenant, limit) {
      return dataApi.query<Schedule>(LIST_UNPLACED_SCHEDULES, { tenant, limit });
    },

    async setState(tenant, name, state, entry) {
      const parameters = { tenant, name, state, ...entryParameters(entry) };
      return (await dataApi.query<Schedule>(SET_SCHEDULE_STATE, parameters))[0];
    },

    async setStateOfAll(tenant, state, leftOut, entry) {
      const parameters = { tenant, state, left_out: JSON.stringify(leftOut), ...entryParameters(entry) };
      const [row] = await dataApi.query<{ count: number; left: { name: string; type: string }[] }>(
        SET_STATE_OF_ALL_SCHEDULES,
        parameters,
      );
      return row ?? { count: 0, left: [] };
    },

    async markPlaced(tenant, name, revision) {
      return (await dataApi.query(MARK_SCHEDULE_PLACED, { tenant, name, revision })).length > 0;
    },

    async markUnplaced(tenant, name, revision) {
      await dataApi.query(MARK_SCHEDULE_UNPLACED, { tenant, name, revision });
    },

    async remove(tenant, name, entry) {
      const parameters = { tenant, name, ...entryParameters(entry) };
      return (await dataApi.query(DELETE_SCHEDULE, parameters)).length > 0;
    },
  };
}

/**
 * Gives access to schedule firings in Aurora. This store is separate from the schedule store, because the API does not use
 * firings.
 */
export function createFiringStore(dataApi: DataApi): FiringStore {
  return {
    async fire(
      { tenant, name, fireTime },
      { jobId, callbackJobId },
      { unavailable, queues },
      maxInFlight,
      trace,
    ) {
      const [row] = await dataApi.query<FiredRow>(FIRE_SCHEDULE, {
        tenant,
        name,
        fire_time: fireTime,
        job_id: jobId,
        callback_job_id: callbackJobId,
        unavailable: JSON.stringify(unavailable),
        max_in_flight: maxInFlight,
        trace: trace ? JSON.stringify(trace) : null,
        queues: JSON.stringify(Object.fromEntries(queues)),
      });
      return (
        row && {
          verdict: row.verdict,
          jobId: row.job_id,
          queue: row.queue,
          type: row.type,
          revision: row.revision,
        }
      );
    },
  };
}
