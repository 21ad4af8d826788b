import type { NewAuditEntry } from '../audit.ts';
import type { Firing } from './firing.ts';
import type { TraceContext } from '../trace-context.ts';
import type { Schedule, ScheduleDefinition, ScheduleState } from './schedule.ts';

/** A schedule that was written. */
export interface PutSchedule {
  created: boolean;
  schedule: Schedule;
  /** What it has replaced, as the store knows it; null for nothing. */
  before: string | null;
}

/** The schedules as they are to be. All writes are idempotent. */
export interface ScheduleStore {
  /** @param entry its id tells a repetition of this request from another request */
  put(
    tenant: string,
    name: string,
    definition: ScheduleDefinition,
    entry: NewAuditEntry,
  ): Promise<PutSchedule>;
  /**
   * Undoes a put: the schedule is again what it was, or gone where it was new. Nothing where it was changed since.
   * @returns the schedule that is to be placed again, if there is one
   */
  takeBack(
    tenant: string,
    name: string,
    put: PutSchedule,
    entry: NewAuditEntry,
  ): Promise<Schedule | undefined>;
  get(tenant: string, name: string): Promise<Schedule | undefined>;
  /** In the order of their names, those after `after`. */
  list(tenant: string, after: string, limit: number): Promise<Schedule[]>;
  /** Those of which it is not known that the timetable has them as they are. */
  unplaced(tenant: string, limit: number): Promise<Schedule[]>;
  setState(
    tenant: string,
    name: string,
    state: ScheduleState,
    entry: NewAuditEntry,
  ): Promise<Schedule | undefined>;
  /** All but those whose jobs are of the types that are left out; says how many it has, and which it has left as they are. */
  setStateOfAll(
    tenant: string,
    state: ScheduleState,
    leftOut: readonly string[],
    entry: NewAuditEntry,
  ): Promise<{ count: number; left: { name: string; type: string }[] }>;
  /** The timetable has this revision. False where it no longer is the current one. */
  markPlaced(tenant: string, name: string, revision: string): Promise<boolean>;
  /** The timetable was seen without this revision. */
  markUnplaced(tenant: string, name: string, revision: string): Promise<void>;
  /** False where there was none. */
  remove(tenant: string, name: string, entry: NewAuditEntry): Promise<boolean>;
}

/** What fires: EventBridge Scheduler. It holds the schedules that are started, and no others. */
export interface Timetable {
  /**
   * Enters a schedule, or replaces it.
   * @param from not before this moment; what is due then fires then
   * @throws InvalidRequestError for an expression that it refuses; StoreUnavailableError
   */
  enter(schedule: Schedule, from: Date | undefined): Promise<void>;
  /** Takes a schedule out; none of that name is fine. @throws StoreUnavailableError */
  strike(tenant: string, name: string): Promise<void>;
}

/** What came of a firing. */
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

/** The queue that firings wait in until they are decided. */
export interface FiringQueue {
  /** Throws if the queue may not have taken the firing. */
  send(firing: Firing): Promise<void>;
}

export interface FiringStore {
  /**
   * Decides a firing once and writes its job; undefined where there is no such schedule.
   * @param jobTypes the job types that can't run, whose schedules give no job, and the queues of those that are not in the default one
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
