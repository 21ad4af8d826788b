import type { Json, Progress } from '../../lambdas/job/job.ts';
import type { JobDefinition } from '../../lambdas/job/definition.ts';
import type { JobContext } from '../../lambdas/job/job-context.ts';
import { runnable } from '../../lambdas/job/job-type.ts';
import type { AttemptResult } from '../../lambdas/job/attempt-store.ts';
import { runMemoryAttempt } from '../../lambdas/testing/memory-attempt.ts';
import { createMemoryFileStore } from '../../lambdas/testing/memory-files.ts';
import { createMemorySubmissions } from '../../lambdas/testing/memory-submissions.ts';
import { createRecordingLog } from './recording-log.ts';

export interface RunOptions {
  /** @default `default` */
  tenant?: string;
  /** @default 1 */
  attempt?: number;
  /** @default the job's own `maxAttempts` */
  maxAttempts?: number;
  /** @default 30 */
  timeoutSeconds?: number;
  /** The files that the job can read, by key, such as `uploads/default/a.log`. @default none */
  files?: Readonly<Record<string, string | Uint8Array>>;
  /** Aborts the attempt, like a cancellation. */
  cancel?: AbortSignal;
}

/** An attempt's result, and the progress that the handler reported. */
export interface Run extends AttemptResult {
  reported: Progress[];
}

/**
 * Runs one attempt of a job type as a worker would, but without a cloud or a database, and returns the result that
 * would be recorded.
 */
export async function runJobType(
  definition: JobDefinition,
  payload: Json,
  options: RunOptions = {},
): Promise<Run> {
  const { attempt = 1, maxAttempts = definition.retry.attempts, timeoutSeconds = 30, cancel } = options;
  const clock = {
    now: () => new Date(),
    newId: () => '01900000-0000-7000-8000-000000000002',
    random: () => 0,
  };
  const { recorded, progress } = await runMemoryAttempt(
    {
      definition,
      jobId: '01900000-0000-7000-8000-000000000001',
      tenant: options.tenant ?? 'default',
      payload,
      maxAttempts,
      timeoutSeconds,
      clock,
      files: createMemoryFileStore(options.files ?? {}, clock.now),
      submissions: createMemorySubmissions(undefined, clock, createRecordingLog()),
    },
    { attempt, cancel },
  );
  return { ...recorded, reported: [...progress] };
}

/** The `submit` function for jobs that must not submit other jobs. It throws. */
export const submitsNothing: JobContext['submit'] = () =>
  Promise.reject(new Error('This test submits no jobs.'));

/** Returns a payload's validation errors, each as `<field> <message>`. */
export function payloadProblems(definition: JobDefinition, payload: unknown): string[] {
  return runnable(definition)
    .check(payload, 'default')
    .map(({ field, message }) => `${field} ${message}`);
}
