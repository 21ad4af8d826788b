import * as z from 'zod';
import type { Progress } from '../../../lambdas/job/job.ts';
import type { Pulse, StopReason } from '../../../lambdas/job/heartbeat.ts';
import type { JobContext } from '../../../lambdas/job/job-context.ts';
import { defineJobType, type JobType } from '../../../lambdas/job/job-type.ts';
import type { ClaimedJob } from '../../../lambdas/job/attempt-store.ts';
import type { Clock } from '../../../lambdas/job/clock.ts';

/** A claimed job; a test names what matters to it. */
export function claimedJob(overrides: Partial<ClaimedJob> = {}): ClaimedJob {
  return {
    jobId: 'job-1',
    tenant: 'default',
    type: 'test',
    payload: {},
    attempt: 1,
    maxAttempts: 2,
    timeoutSeconds: 10,
    ...overrides,
  };
}

/** The job type "test"; what it returns may be no JSON at all, as a handler's may. */
export function jobTypeOf(run: (payload: unknown, context: JobContext) => Promise<unknown>): JobType {
  return defineJobType({
    name: 'test',
    payload: z.unknown(),
    retry: { attempts: 2, baseMs: 5_000, capMs: 300_000, jitter: 0.2 },
    run: run as JobType['run'],
  });
}

/** A clock that stands still, ids that are all alike, and no clock. */
export const FIXED_CLOCK: Clock = { now: () => new Date(0), newId: () => 'id', random: () => 0 };

/** A pulse that the test itself stops, and that remembers what was reported. */
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
  };
}
