import {
  cronRecurrence,
  nextTime,
  rateRecurrence,
  type Recurrence,
} from '../../schedule-expression/recurrence.ts';
import type { JobStatus } from '../status.ts';
import type { Metadata } from '../job-fields.ts';
import type { ConcurrencyLimit, FlowControl, RateLimit } from '../flow-control.ts';
import type { Callback, Json } from '../job.ts';

export type ScheduleState = 'started' | 'stopped';

/** A schedule's firing times, and the job that it submits. Times are ISO 8601. */
export interface ScheduleDefinition {
  /** A rate, such as `2 minutes`; null if `cron` is set. */
  rate: string | null;
  /** A cron expression with EventBridge Scheduler's six fields; null if `rate` is set. */
  cron: string | null;
  /** The IANA time zone of `cron`. */
  timezone: string;
  start_at: string | null;
  end_at: string | null;
  /** Whether to skip a firing while the previous firing's job is waiting or running. */
  overlap: 'skip' | 'allow';
  /** The requested state. Null keeps an existing schedule's state, and starts a new schedule. */
  state: ScheduleState | null;
  type: string;
  payload: Json;
  max_attempts: number;
  timeout_seconds: number;
  /** @default - a day */
  max_duration_seconds?: number | undefined;
  callback: Omit<Callback, 'job_id'> | null;
  /** @default - none */
  tags?: readonly string[] | null;
  /** @default - none */
  metadata?: Metadata | null;
  /** @default - priority 5, no limits */
  flow?: FlowControl | undefined;
}

/** A schedule as stored. */
export interface Schedule {
  tenant: string;
  name: string;
  rate: string | null;
  cron: string | null;
  timezone: string;
  start_at: string | null;
  end_at: string | null;
  /** The time from which a rate's firings are counted. */
  anchor_at: string;
  overlap: 'skip' | 'allow';
  state: ScheduleState;
  job: {
    type: string;
    payload: Json;
    max_attempts: number;
    timeout_seconds: number;
    max_duration_seconds: number;
    callback_url: string | null;
    tags: string[];
    metadata: Metadata;
    priority: number;
    concurrency: ConcurrencyLimit | null;
    rate_limit: RateLimit | null;
  };
  create_time: string;
  update_time: string;
  /** A string that changes whenever the schedule changes. */
  revision: string;
  /** Whether this revision is registered in EventBridge Scheduler. */
  is_placed: boolean;
  /** The time of the last processed firing, whether or not it submitted a job. */
  last_time: string | null;
  last_job_id: string | null;
  /**
   * The current status of the last firing's job, or its final status if the job has been deleted. Null if the firing
   * submitted no job.
   */
  last_outcome: JobStatus | null;
  last_skipped_time: string | null;
}

/** A schedule in the API's format. */
export type ScheduleView = Omit<Schedule, (typeof OURS)[number]> & { next_time: string | null };

/** Fields that the API does not show. */
const OURS = ['tenant', 'anchor_at', 'revision', 'is_placed'] as const;

/** Converts a schedule to the API's format. `now` determines its next firing. */
export function toView(schedule: Schedule, now: Date): ScheduleView {
  const shown = Object.entries(schedule).filter(([name]) => !(OURS as readonly string[]).includes(name));
  return {
    ...(Object.fromEntries(shown) as ScheduleView),
    next_time: nextFiring(schedule, now)?.toISOString() ?? null,
  };
}

/** Returns the schedule's next firing time; undefined if the schedule is stopped or has ended. */
export function nextFiring(schedule: Schedule, after: Date): Date | undefined {
  if (schedule.state === 'stopped') return undefined;
  const next = nextTime(recurrenceOf(schedule), after.getTime(), boundsOf(schedule));
  return next === undefined ? undefined : new Date(next);
}

function recurrenceOf({ rate, cron, timezone, anchor_at: anchor }: Schedule): Recurrence {
  if (rate !== null) return rateRecurrence(rate, Date.parse(anchor));
  if (cron !== null) return cronRecurrence(cron, timezone);
  throw new Error('A schedule has neither a rate nor a cron expression.');
}

function boundsOf({ start_at: from, end_at: until }: Schedule) {
  return {
    from: from === null ? undefined : Date.parse(from),
    until: until === null ? undefined : Date.parse(until),
  };
}
