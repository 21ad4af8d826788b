import type { Json, Progress } from '../../lambdas/job/job.ts';
import { runAttempt } from '../../lambdas/job/attempt.ts';
import type { StopReason } from '../../lambdas/job/heartbeat.ts';
import type { JobDefinition } from '../../lambdas/job/definition.ts';
import type { JobContext } from '../../lambdas/job/job-context.ts';
import { runnable } from '../../lambdas/job/job-type.ts';
import type { AttemptResult } from '../../lambdas/job/attempt-store.ts';
import { memoryFiles } from './memory-files.ts';
import { createRecordingLog } from './recording-log.ts';

export interface RunOptions {
  /** @default `default` */
  tenant?: string;
  /** @default 1 */
  attempt?: number;
  /** @default the attempts of the job's retry policy */
  maxAttempts?: number;
  /** @default 30 */
  timeoutSeconds?: number;
  /** What the job finds to read, by its key, such as `uploads/default/a.log`. @default nothing */
  files?: Readonly<Record<string, string | Uint8Array>>;
  /** Stops the attempt as a cancellation does. */
  cancel?: AbortSignal;
}

/** How an attempt ended, and everything that its handler reported on the way. */
export interface Run extends AttemptResult {
  reported: Progress[];
}

/**
 * Runs one attempt of a job type as a worker does, with neither a cloud nor a database: what it returns, throws and
 * reports comes back as it would be recorded.
 */
export async function runJobType(
  definition: JobDefinition,
  payload: Json,
  options: RunOptions = {},
): Promise<Run> {
  const { attempt = 1, maxAttempts = definition.retry.attempts, timeoutSeconds = 30, cancel } = options;
  const stop = new AbortController();
  cancel?.addEventListener('abort', () => {
    stop.abort('canceled' satisfies StopReason);
  });
  const reported: Progress[] = [];
  const result = await runAttempt(
    {
      jobId: '01900000-0000-7000-8000-000000000001',
      tenant: options.tenant ?? 'default',
      type: definition.name,
      payload,
      attempt,
      maxAttempts,
      timeoutSeconds,
    },
    {
      stop: stop.signal,
      progress: (fraction, note) => reported.push({ fraction, note: note ?? null }),
      latest: () => reported.at(-1) ?? null,
    },
    timeoutSeconds * 1000,
    {
      jobTypes: { find: (name) => (name === definition.name ? runnable(definition) : undefined) },
      clock: { now: () => new Date(), newId: () => '01900000-0000-7000-8000-000000000002', random: () => 0 },
      log: createRecordingLog(),
      filesOf: memoryFiles(options.files),
      submitOf: () => submitsNothing,
    },
  );
  return { ...result, reported };
}

/** The `submit` of jobs that submit none. */
export const submitsNothing: JobContext['submit'] = () =>
  Promise.reject(new Error('This test submits no jobs.'));

/** The ways in which a payload does not fit a job, as `<field> <message>`. */
export function payloadProblems(definition: JobDefinition, payload: unknown): string[] {
  return runnable(definition)
    .check(payload, 'default')
    .map(({ field, message }) => `${field} ${message}`);
}
