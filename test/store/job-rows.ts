import { v7 as uuidv7 } from 'uuid';
import type { Json, NewJob } from '../../lambdas/job/job.ts';
import type { AttemptResult } from '../../lambdas/job/attempt-store.ts';
import type { ScheduleDefinition } from '../../lambdas/job/schedules/schedule.ts';
import { isTerminal, type JobStatus } from '../../lambdas/job/status.ts';
import type { JobDatabase } from '../helpers/aurora.ts';

export const TENANT = 'default';

/** A list query that matches all jobs. */
export const NEWEST_FIRST = { filter: {}, order: 'desc' } as const;

/** The id that tests give to a new callback job. */
export const CALLBACK = '01900000-0000-7000-8000-00000000cb00';

/** Returns the row of a new job. Tests override only the fields that matter to them. */
export function newJob(overrides: Partial<NewJob> = {}): NewJob {
  const jobId = overrides.job_id ?? uuidv7();
  return {
    job_id: jobId,
    submission_id: jobId,
    tenant: TENANT,
    object_id: null,
    type: 'sleep',
    queue: 'default',
    payload: {},
    max_attempts: 2,
    timeout_seconds: 46,
    delay_seconds: 0,
    callback: null,
    submitted_by: null,
    ...overrides,
  };
}

export interface RowOptions {
  status?: JobStatus;
  /** @default 0 for a created job, 1 for a job in any other state */
  attempt?: number;
  maxAttempts?: number;
  /** When the job is due, in milliseconds from now; negative if it is overdue. @default due a second ago */
  dueInMs?: number;
  /** When the lease ends, in milliseconds from now; negative if it has expired. @default one minute from now */
  leaseEndsInMs?: number;
  worker?: string;
  cancelRequested?: boolean;
  payload?: Json;
  /** @default 'default' */
  queue?: string;
}

/** Writes a job in any state, with the attempts that led to that state, without using the statements under test. */
export async function putJob(db: JobDatabase, options: RowOptions = {}): Promise<string> {
  const { status = 'created', maxAttempts = 2, dueInMs = -1_000, leaseEndsInMs = 60_000 } = options;
  const { worker = 'worker-1', cancelRequested = false, payload = {}, queue = 'default' } = options;
  const attempt = options.attempt ?? (status === 'created' ? 0 : 1);
  const jobId = uuidv7();
  const isRunning = status === 'running';
  await db.sql(
    `INSERT INTO jobs (job_id, submission_id, tenant, type, payload, status, attempt, max_attempts, timeout_seconds,
                       create_time, run_at, start_time, end_time, message, result, cancel_requested_at, worker,
                       lease_expires_at, wake_at, queue, fence)
     SELECT $1, $1, $2, 'sleep', $3::jsonb, $4, $5, $6, 46, now() - interval '10 minutes', due,
            CASE WHEN $5 > 0 THEN now() - interval '9 minutes' END,
            CASE WHEN $7 THEN now() - interval '8 minutes' END,
            CASE WHEN $4 = 'failed' THEN 'broken' END, CASE WHEN $4 = 'success' THEN '{"old": true}'::jsonb END,
            CASE WHEN $8 THEN now() - interval '1 minute' END, CASE WHEN $9 THEN $10 END,
            CASE WHEN $9 THEN lease END, CASE WHEN $9 THEN lease WHEN NOT $7 THEN due END, $13, $5
     FROM (SELECT now() + $11 * interval '1 ms' AS due, now() + $12 * interval '1 ms' AS lease) AS moments`,
    [
      jobId,
      TENANT,
      JSON.stringify(payload),
      status,
      attempt,
      maxAttempts,
      isTerminal(status),
      cancelRequested,
      isRunning,
      worker,
      dueInMs,
      leaseEndsInMs,
      queue,
    ],
  );
  await db.sql(
    `INSERT INTO job_attempts (job_id, attempt, worker, start_time, end_time, outcome, message)
     SELECT $1, number, $2, now() - interval '9 minutes', CASE WHEN is_over THEN now() - interval '8 minutes' END,
            CASE WHEN is_over THEN 'failed' END, CASE WHEN is_over THEN 'broken' END
     FROM (SELECT number, NOT ($4 AND number = $3) AS is_over FROM generate_series(1, $3::int) AS number) AS numbers`,
    [jobId, worker, attempt, isRunning],
  );
  return jobId;
}

export interface Snapshot {
  job: Record<string, unknown>;
  attempts: Record<string, unknown>[];
}

/** Returns all stored data of a job. */
export async function snapshot(db: JobDatabase, jobId: string): Promise<Snapshot> {
  const [row] = await db.sql<Snapshot>(
    `SELECT to_jsonb(j) AS job,
            COALESCE((SELECT jsonb_agg(to_jsonb(a) ORDER BY a.attempt) FROM job_attempts a WHERE a.job_id = j.job_id),
                     '[]') AS attempts
     FROM jobs j WHERE j.job_id = $1`,
    [jobId],
  );
  if (!row) throw new Error(`There is no row ${jobId}.`);
  return row;
}

/** Returns an attempt's result. By default, the attempt succeeded. */
export function result(jobId: string, overrides: Partial<AttemptResult> = {}): AttemptResult {
  return {
    jobId,
    attempt: 1,
    // In tests, the fence equals the attempt: putJob writes the same number for both, and each claim increments both.
    fence: overrides.attempt ?? 1,
    status: 'success',
    outcome: 'success',
    message: null,
    result: null,
    progress: null,
    retryInMs: 0,
    ...overrides,
  };
}

/** A schedule that fires every two minutes, and skips a firing while the previous job is still running. */
export const SCHEDULE: ScheduleDefinition = {
  ...{
    rate: '2 minutes',
    cron: null,
    timezone: 'UTC',
    start_at: null,
    end_at: null,
    overlap: 'skip',
    state: null,
  },
  ...{ type: 'sleep', payload: {}, max_attempts: 2, timeout_seconds: 46, callback: null },
};
