import type { Schema } from 'errand-client';
import type { Snapshot } from '../../../../bin/command-line/top/snapshot.ts';

export const NOON = new Date('2030-01-31T12:00:30.000Z');

/** Returns the time `seconds` before {@link NOON}. */
export function before(seconds: number): string {
  return new Date(NOON.getTime() - seconds * 1_000).toISOString();
}

export function queue(name: string, fields: Partial<Schema<'Queue'>> = {}): Schema<'Queue'> {
  return {
    queue: name,
    waiting: 0,
    held: { pause: 0, concurrency: 0, rate: 0 },
    running: 0,
    oldest_waiting: null,
    paused_at: null,
    paused_by: null,
    ...fields,
  };
}

export function job(jobId: string, fields: Partial<Schema<'JobSummary'>> = {}): Schema<'JobSummary'> {
  return {
    job_id: jobId,
    object_id: null,
    type: 'resize',
    queue: 'default',
    status: 'running',
    attempt: 1,
    max_attempts: 3,
    timeout_seconds: 60,
    max_duration_seconds: 86_400,
    create_time: before(60),
    run_at: before(60),
    start_time: before(30),
    end_time: null,
    message: null,
    cancel_requested: false,
    progress: null,
    callback_job_id: null,
    debounced: false,
    trace_id: null,
    parent_job_id: null,
    batch_id: null,
    tags: [],
    metadata: {},
    priority: 5,
    concurrency: null,
    rate_limit: null,
    held_by: null,
    ...fields,
  };
}

export function failedJob(jobId: string, message: string, secondsAgo: number): Schema<'JobSummary'> {
  return job(jobId, { status: 'failed', message, end_time: before(secondsAgo) });
}

/** Returns one minute of a queue's history. */
export function minute(minutesAgo: number, fields: Partial<Schema<'HistoryPoint'>>): Schema<'HistoryPoint'> {
  return {
    time: new Date(Date.parse('2030-01-31T12:00:00.000Z') - minutesAgo * 60_000).toISOString(),
    accepted: 0,
    resubmitted: 0,
    succeeded: 0,
    failed: 0,
    canceled: 0,
    started: 0,
    retried: 0,
    attempts_failed: 0,
    timed_out: 0,
    lost: 0,
    throttled: 0,
    waiting_ms: null,
    run_ms: null,
    end_to_end_ms: null,
    ...fields,
  };
}

export function snapshot(fields: {
  queues?: Schema<'Queue'>[];
  pausedTypes?: Schema<'QueueList'>['paused_types'];
  series?: Record<string, Schema<'HistoryPoint'>[]>;
  running?: Schema<'JobSummary'>[];
  failed?: Schema<'JobSummary'>[];
  hasMoreFailed?: boolean;
}): Snapshot {
  const { queues = [queue('default')], pausedTypes = [], series = {}, running = [], failed = [] } = fields;
  return {
    time: NOON,
    queues: { items: queues, paused_types: pausedTypes },
    history: {
      from: before(930),
      to: before(0),
      step: 60,
      group_by: 'queue',
      series: Object.entries(series).map(([name, points]) => ({ name, points })),
    },
    running,
    failed,
    hasMoreFailed: fields.hasMoreFailed ?? false,
  };
}
