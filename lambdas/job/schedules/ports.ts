import type { NewAuditEntry } from '../audit.ts';
import type { Firing } from './firing.ts';
import type { TraceContext } from '../trace-context.ts';
import type { Schedule, ScheduleDefinition, ScheduleState } from './schedule.ts';

/** The result of writing a schedule. */
export interface PutSchedule {
  created: boolean;
  schedule: Schedule;
  /** The previous row, in the store's own format; null if there was none. */
  before: string | null;
}

/** The desired state of the schedules. All writes are idempotent. */
export interface ScheduleStore {
  /** @param entry its id distinguishes a repetition of this request from another request */
  put(
    tenant: string,
    name: string,
    definition: ScheduleDefinition,
    entry: NewAuditEntry,
  ): Promise<PutSchedule>;
  /**
   * Undoes a put: restores the previous schedule, or deletes a new one. Does nothing if the schedule has changed since.
   * @returns the schedule to place again, if there is one
   */
  takeBack(
    tenant: string,
    name: string,
    put: PutSchedule,
    entry: NewAuditEntry,
  ): Promise<Schedule | undefined>;
  get(tenant: string, name: string): Promise<Schedule | undefined>;
  /** The schedules after `after`, ordered by name. */
  list(tenant: string, after: string, limit: number): Promise<Schedule[]>;
  /** The schedules whose current revision the timetable may not have. */
  unplaced(tenant: string, limit: number): Promise<Schedule[]>;
  setState(
    tenant: string,
    name: string,
    state: ScheduleState,
    entry: NewAuditEntry,
  ): Promise<Schedule | undefined>;
  /**
   * Changes all schedules except those whose jobs have the types in `leftOut`; returns how many now have the state, and which
   * were left unchanged.
   */
  setStateOfAll(
    tenant: string,
    state: ScheduleState,
    leftOut: readonly string[],
    entry: NewAuditEntry,
  ): Promise<{ count: number; left: { name: string; type: string }[] }>;
  /** Records that the timetable has this revision. False if it is no longer the current revision. */
  markPlaced(tenant: string, name: string, revision: string): Promise<boolean>;
  /** Records that the timetable was seen without this revision. */
  markUnplaced(tenant: string, name: string, revision: string): Promise<void>;
  /** False if there was no such schedule. */
  remove(tenant: string, name: string, entry: NewAuditEntry): Promise<boolean>;
}

/** Fires schedules: EventBridge Scheduler. It contains exactly the started schedules. */
export interface Timetable {
  /**
   * Registers a schedule, or replaces it.
   * @param from the earliest time to fire; a firing that is due before happens at this time
   * @throws InvalidRequestError for an expression that the timetable refuses; StoreUnavailableError
   */
  enter(schedule: Schedule, from: Date | undefined): Promise<void>;
  /** Removes a schedule, if it is there. @throws StoreUnavailableError */
  strike(tenant: string, name: string): Promise<void>;
}

/** The result of a firing. */
export interface Fired {
  verdict: 'fired' | 'skipped' | 'beyond-limit' | 'too-old' | 'stopped' | 'unavailable' | 'repeated';
  /** The job of this firing, if it has one. */
  jobId: string | null;
  /** The queue of that job. */
  queue: string;
  /** The type of the schedule's jobs. */
  type: string;
  /** The schedule's current revision. */
  revision: string;
}

/** The queue in which firings wait until they are decided. */
export interface FiringQueue {
  /** Throws if the queue may not have accepted the firing. */
  send(firing: Firing): Promise<void>;
}

export interface FiringStore {
  /**
   * Decides a firing once and writes its job; undefined if there is no such schedule.
   * @param jobTypes the job types that can't run, whose schedules submit nothing, and the queues of the types that don't use the
   * default queue
   * @param maxInFlight the tenant's limit on jobs in flight; 0 for no limit
   * @param trace the trace that the job begins
   */
  fire(
    firing: { tenant: string; name: string; fireTime: string },
    ids: { jobId: string; callbackJobId: string },
    jobTypes: { unavailable: readonly string[]; queues: ReadonlyMap<string, string> },
    maxInFlight: number,
    trace?: TraceContext,
  ): Promise<Fired | undefined>;
}
