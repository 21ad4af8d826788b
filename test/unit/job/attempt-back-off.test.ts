import { describe, expect, it } from '@jest/globals';
import { runAttempt } from '../../../lambdas/job/attempt.ts';
import { FinalError, RetryLaterError, ThrottledError } from '../../../lambdas/job/errors.ts';
import type { Pulse } from '../../../lambdas/job/heartbeat.ts';
import type { AttemptResult } from '../../../lambdas/job/attempt-store.ts';
import { memoryFiles } from '../../helpers/memory-files.ts';
import { submitsNothing } from '../../helpers/run-job-type.ts';
import { createLogBuffer } from '../../../lambdas/job/log-buffer.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { jobTypesOf } from './attempts.ts';

const RETRY = { attempts: 3, baseSeconds: 5, capSeconds: 60 };

/** The heartbeat of an attempt that is never stopped and reports no progress. */
const quietPulse: Pulse = {
  stop: new AbortController().signal,
  progress: () => undefined,
  latest: () => null,
  logs: createLogBuffer(),
};

/** Runs an attempt with a handler that throws `error`, and returns the outcome. */
function attemptThatThrows(error: Error, attempt = 1): Promise<AttemptResult> {
  const job = {
    jobId: 'j',
    tenant: 'default',
    type: 'test',
    queue: 'default',
    payload: {},
    attempt,
    fence: 1,
    maxAttempts: 3,
    timeoutSeconds: 5,
  };
  return runAttempt(job, quietPulse, 5_000, {
    jobTypes: jobTypesOf(() => Promise.reject(error), RETRY),
    clock: { now: () => new Date(), newId: () => 'id', random: () => 0 },
    log: createRecordingLog(),
    filesOf: memoryFiles(),
    submitOf: () => submitsNothing,
  });
}

describe('a failed attempt', () => {
  it("waits for the job type's back-off", async () => {
    expect(await attemptThatThrows(new Error('busy'), 2)).toMatchObject({
      status: 'created',
      outcome: 'failed',
      message: 'busy',
      retryInMs: 10_000,
    });
  });

  it('is repeated soon if it was throttled, even if it is the last', async () => {
    for (const [attempt, retryInMs] of [
      [1, 1_000],
      [3, 4_000],
      [12, 60_000],
    ] as const) {
      expect(await attemptThatThrows(new ThrottledError('no capacity'), attempt)).toEqual({
        jobId: 'j',
        attempt,
        fence: 1,
        status: 'created',
        outcome: 'throttled',
        message: 'no capacity',
        result: null,
        progress: null,
        retryInMs,
      });
    }
  });

  it('is repeated after the time in its error if it yielded', async () => {
    const error = new ThrottledError('continues', { afterSeconds: 0.25 });
    expect(await attemptThatThrows(error, 12)).toMatchObject({ outcome: 'throttled', retryInMs: 250 });
  });

  it('waits for the time in the handler’s error, in whole milliseconds', async () => {
    expect(await attemptThatThrows(new RetryLaterError('later', { afterSeconds: 1.2345 }), 2)).toMatchObject({
      status: 'created',
      outcome: 'failed',
      message: 'later',
      retryInMs: 1_235,
    });
  });

  it('waits from 0 to 15 minutes', async () => {
    expect(await attemptThatThrows(new RetryLaterError('tomorrow', { afterSeconds: 86_400 }))).toMatchObject({
      retryInMs: 900_000,
    });
    expect(await attemptThatThrows(new RetryLaterError('yesterday', { afterSeconds: -1 }))).toMatchObject({
      retryInMs: 0,
    });
  });

  it('is the last one if no attempts are left, even after a RetryLaterError', async () => {
    expect(await attemptThatThrows(new RetryLaterError('later', { afterSeconds: 1 }), 3)).toMatchObject({
      status: 'failed',
      message: 'later',
      retryInMs: 0,
    });
  });

  it('is the last one after a final error', async () => {
    expect(await attemptThatThrows(new FinalError('never'))).toMatchObject({
      status: 'failed',
      retryInMs: 0,
    });
  });
});
