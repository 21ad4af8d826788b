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

/** The pulse of an attempt that nobody stops and that reports nothing. */
const quietPulse: Pulse = {
  stop: new AbortController().signal,
  progress: () => undefined,
  latest: () => null,
  logs: createLogBuffer(),
};

/** How an attempt ends whose handler throws `error`. */
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
  it("waits as long as the job type's policy says", async () => {
    expect(await attemptThatThrows(new Error('busy'), 2)).toMatchObject({
      status: 'created',
      outcome: 'failed',
      message: 'busy',
      retryInMs: 10_000,
    });
  });

  it('comes back soon if it was throttled, even where it is the last', async () => {
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

  it('comes back when its error says so, if it gave way', async () => {
    const error = new ThrottledError('continues', { afterSeconds: 0.25 });
    expect(await attemptThatThrows(error, 12)).toMatchObject({ outcome: 'throttled', retryInMs: 250 });
  });

  it('waits as long as the error says that the handler threw, in whole milliseconds', async () => {
    expect(await attemptThatThrows(new RetryLaterError('later', { afterSeconds: 1.2345 }), 2)).toMatchObject({
      status: 'created',
      outcome: 'failed',
      message: 'later',
      retryInMs: 1_235,
    });
  });

  it('never waits longer than 15 minutes, nor less than no time', async () => {
    expect(await attemptThatThrows(new RetryLaterError('tomorrow', { afterSeconds: 86_400 }))).toMatchObject({
      retryInMs: 900_000,
    });
    expect(await attemptThatThrows(new RetryLaterError('yesterday', { afterSeconds: -1 }))).toMatchObject({
      retryInMs: 0,
    });
  });

  it('gets no further attempt because of such an error', async () => {
    expect(await attemptThatThrows(new RetryLaterError('later', { afterSeconds: 1 }), 3)).toMatchObject({
      status: 'failed',
      message: 'later',
      retryInMs: 0,
    });
  });

  it('is the last one after an error that is final', async () => {
    expect(await attemptThatThrows(new FinalError('never'))).toMatchObject({
      status: 'failed',
      retryInMs: 0,
    });
  });
});
