import { createLogBuffer } from '../../../lambdas/job/log-buffer.ts';
import * as z from 'zod';
import type { Progress } from '../../../lambdas/job/job.ts';
import type { Pulse, StopReason } from '../../../lambdas/job/heartbeat.ts';
import type { JobContext } from '../../../lambdas/job/job-context.ts';
import { job, type RetryOptions } from '../../../lambdas/job/definition.ts';
import { runnable, type RunnableJobTypes } from '../../../lambdas/job/job-type.ts';
import type { ClaimedJob } from '../../../lambdas/job/attempt-store.ts';
import type { Clock } from '../../../lambdas/job/clock.ts';

/** Returns a claimed job. Tests override only the fields that matter to them. */
export function claimedJob(overrides: Partial<ClaimedJob> = {}): ClaimedJob {
  return {
    jobId: 'job-1',
    tenant: 'default',
    type: 'test',
    queue: 'default',
    payload: {},
    attempt: 1,
    fence: 1,
    maxAttempts: 2,
    timeoutSeconds: 10,
    ...overrides,
  };
}

/** Returns job types that contain only the `test` type. Like any handler, `run` may return a value that isn't JSON. */
export function jobTypesOf(
  run: (payload: unknown, context: JobContext) => Promise<unknown>,
  retry: RetryOptions = {},
  isBuiltIn = false,
): RunnableJobTypes {
  const test = runnable(job('test', { payload: z.unknown(), retry, run }), { isBuiltIn });
  return { find: (name) => (name === 'test' ? test : undefined) };
}

/** A stopped clock with constant ids and random numbers. */
export const FIXED_CLOCK: Clock = { now: () => new Date(0), newId: () => 'id', random: () => 0 };

/** Creates a heartbeat that keeps the latest progress report, and stops the attempt when the test calls `abort`. */
export function createTestPulse(): Pulse & { abort: (reason: StopReason) => void } {
  const controller = new AbortController();
  let latest: Progress | null = null;
  return {
    stop: controller.signal,
    abort(reason) {
      controller.abort(reason);
    },
    progress(fraction, note = '') {
      latest = { fraction, note };
    },
    latest: () => latest,
    logs: createLogBuffer(),
  };
}
