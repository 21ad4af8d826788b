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

/** Stores the desired state of the schedules. All writes are idempotent. */
export interface ScheduleStore {
  /** @param entry the audit entry; a repeated request is recognized by the entry's id */
  put(
    tenant: string,
    name: string,
    definition: ScheduleDefinition,
    entry: NewAuditEntry,
  ): Promise<PutSchedule>;
  /**
   * Undoes a put: restores the previous schedule, or deletes the schedule if it was new. Does nothing if the schedule has
   * changed since the put.
   * @returns the schedule to place again, if any
   */
  takeBack(
    tenant: string,
    name: string,
    put: PutSchedule,
    entry: NewAuditEntry,
  ): Promise<Schedule | undefined>;
  get(tenant: string, name: string): Promise<Schedule | undefined>;
  /** Lists schedules ordered by name, starting after the name `after`. */
  list(tenant: string, after: string, limit: number): Promise<Schedule[]>;
  /** Lists schedules whose current revision may be missing from the timetable. */
  unplaced(tenant: string, limit: number): Promise<Schedule[]>;
  setState(
    tenant: string,
    name: string,
    state: ScheduleState,
    entry: NewAuditEntry,
  ): Promise<Schedule | undefined>;
  /**
   * Starts or stops all schedules except those with a job type in `leftOut`. Returns the number of schedules that are now
   * in the requested state, and the schedules that were left out.
   */
  setStateOfAll(
    tenant: string,
    state: ScheduleState,
    leftOut: readonly string[],
    entry: NewAuditEntry,
  ): Promise<{ count: number; left: { name: string; type: string }[] }>;
  /** Records that the timetable contains this revision. Returns false if the revision is no longer current. */
  markPlaced(tenant: string, name: string, revision: string): Promise<boolean>;
  /** Records that this revision is missing from the timetable. */
  markUnplaced(tenant: string, name: string, revision: string): Promise<void>;
  /** Deletes a schedule. Returns false if the schedule did not exist. */
  remove(tenant: string, name: string, entry: NewAuditEntry): Promise<boolean>;
}

/** Fires schedules through EventBridge Scheduler. The timetable contains exactly the schedules that are started. */
export interface Timetable {
  /**
   * Registers or replaces a schedule.
   * @param from the earliest firing time; a firing that is due earlier is postponed to this time
   * @throws InvalidRequestError if the timetable rejects the expression; StoreUnavailableError
   */
  enter(schedule: Schedule, from: Date | undefined): Promise<void>;
  /** Removes a schedule if it is registered. @throws StoreUnavailableError */
  strike(tenant: string, name: string): Promise<void>;
}

/** The result of a firing. */
export interface Fired {
  verdict: 'fired' | 'skipped' | 'beyond-limit' | 'too-old' | 'stopped' | 'unavailable' | 'repeated';
  /** The job that this firing submitted, if any. */
  jobId: string | null;
  /** The queue of the submitted job. */
  queue: string;
  /** The schedule's job type. */
  type: string;
  /** The schedule's current revision. */
  revision: string;
}

/** The SQS queue in which firings wait to be processed. */
export interface FiringQueue {
  /** @throws Error if the queue may not have accepted the firing */
  send(firing: Firing): Promise<void>;
}

export interface FiringStore {
  /**
   * Processes a firing exactly once, and writes the firing's job. Returns undefined if the schedule does not exist.
   * @param jobTypes `unavailable` contains the job types that can't run; their schedules don't submit jobs. `queues` maps each job type that
   * doesn't use the default queue to its queue.
   * @param maxInFlight the maximum number of unfinished jobs per tenant; 0 for no limit
   * @param trace the job's new trace
   */
  fire(
    firing: { tenant: string; name: string; fireTime: string },
    ids: { jobId: string; callbackJobId: string },
    jobTypes: { unavailable: readonly string[]; queues: ReadonlyMap<string, string> },
    maxInFlight: number,
    trace?: TraceContext,
  ): Promise<Fired | undefined>;
}
