import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { runAttempt } from '../../../lambdas/job/attempt.ts';
import { describeError } from '../../../lambdas/job/storable.ts';
import type { RetryOptions } from '../../../lambdas/job/definition.ts';
import { FinalError, RetryLaterError } from '../../../lambdas/job/errors.ts';
import { MAX_DOCUMENT_BYTES } from '../../../lambdas/job/job.ts';
import type { JobContext } from '../../../lambdas/job/job-context.ts';
import type { AttemptResult, ClaimedJob } from '../../../lambdas/job/attempt-store.ts';
import { memoryFiles } from '../../helpers/memory-files.ts';
import { submitsNothing } from '../../helpers/run-job-type.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { claimedJob, createTestPulse, jobTypesOf, FIXED_CLOCK } from './attempts.ts';
import { anyText } from '../../helpers/any-text.ts';

const DEADLINE_MS = 60_000;

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

interface Run {
  job?: Partial<ClaimedJob>;
  deadlineMs?: number;
  pulse?: ReturnType<typeof createTestPulse>;
  retry?: RetryOptions;
  run: (payload: unknown, context: JobContext) => Promise<unknown>;
}

function attempt({
  job,
  deadlineMs = DEADLINE_MS,
  pulse = createTestPulse(),
  retry,
  run,
}: Run): Promise<AttemptResult> {
  return runAttempt(claimedJob(job), pulse, deadlineMs, {
    jobTypes: jobTypesOf(run, retry),
    clock: FIXED_CLOCK,
    log: createRecordingLog(),
    filesOf: memoryFiles(),
    submitOf: () => submitsNothing,
  });
}

/** A handler that ignores its abort signal and never returns. */
const deaf = (): Promise<never> => new Promise(() => undefined);

describe('an attempt', () => {
  it('that returns is a success with its result', async () => {
    expect(await attempt({ job: { attempt: 3 }, run: () => Promise.resolve({ slept: 1 }) })).toEqual({
      jobId: 'job-1',
      attempt: 3,
      fence: 1,
      status: 'success',
      outcome: 'success',
      message: null,
      result: { slept: 1 },
      progress: null,
      retryInMs: 0,
    });
  });

  it('that returns nothing has the result null', async () => {
    expect(await attempt({ run: () => Promise.resolve(undefined) })).toMatchObject({
      status: 'success',
      result: null,
    });
  });

  it('gets its payload, its number, its job’s id, and a signal that has not fired', async () => {
    const seen: unknown[] = [];
    await attempt({
      job: { payload: { a: 1 }, attempt: 2 },
      run: (payload, { jobId, attempt: number, signal }) => {
        seen.push(payload, jobId, number, signal.aborted);
        return Promise.resolve(null);
      },
    });
    expect(seen).toEqual([{ a: 1 }, 'job-1', 2, false]);
  });

  it('that throws is followed by another one', async () => {
    expect(await attempt({ run: () => Promise.reject(new Error('broken')) })).toMatchObject({
      status: 'created',
      outcome: 'failed',
      message: 'broken',
      retryInMs: 5_000,
    });
  });

  it('that throws as the last one fails the job', async () => {
    expect(
      await attempt({ job: { attempt: 2, maxAttempts: 2 }, run: () => Promise.reject(new Error('broken')) }),
    ).toMatchObject({ status: 'failed', outcome: 'failed', message: 'broken', retryInMs: 0 });
  });

  it('that throws a final error fails the job immediately', async () => {
    expect(await attempt({ run: () => Promise.reject(new FinalError('no use')) })).toMatchObject({
      status: 'failed',
      message: 'no use',
    });
  });

  it('whose handler throws synchronously has an outcome too', async () => {
    const run = (): never => {
      throw new Error('at once');
    };
    expect(await attempt({ run })).toMatchObject({ status: 'created', message: 'at once' });
  });

  it('for a job type that is not deployed fails the job, and the message names the type', async () => {
    const result = await attempt({ job: { type: 'gone' }, run: deaf });
    expect(result).toMatchObject({
      status: 'failed',
      message: 'No handler for the job type "gone" is deployed.',
    });
  });

  it('keeps its last reported progress, however it ends', async () => {
    const pulse = createTestPulse();
    const run = (_payload: unknown, { progress }: JobContext): Promise<never> => {
      progress(0.5, 'half');
      return Promise.reject(new Error('broken'));
    };
    expect(await attempt({ pulse, run })).toMatchObject({ progress: { fraction: 0.5, note: 'half' } });
  });
});

describe('an attempt that takes too long', () => {
  it('is stopped at the job’s timeout, and the message says so', async () => {
    const ending = attempt({ job: { timeoutSeconds: 10 }, run: deaf });
    await jest.advanceTimersByTimeAsync(9_999);
    expect(await settled(ending)).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(await ending).toMatchObject({
      status: 'failed',
      outcome: 'timeout',
      message: 'exceeded the timeout of 10 s',
    });
  });

  it('is the job’s last attempt', async () => {
    const ending = attempt({ job: { attempt: 1, maxAttempts: 20, timeoutSeconds: 1 }, run: deaf });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await ending).toMatchObject({ status: 'failed', retryInMs: 0 });
  });

  it('is stopped at the function’s deadline if that comes first', async () => {
    const ending = attempt({ job: { timeoutSeconds: 10 }, deadlineMs: 3_000, run: deaf });
    await jest.advanceTimersByTimeAsync(3_000);
    expect(await ending).toMatchObject({ outcome: 'timeout' });
  });

  it('is stopped immediately if no time is left', async () => {
    const ending = attempt({ deadlineMs: -5, run: deaf });
    await jest.advanceTimersByTimeAsync(1);
    expect(await ending).toMatchObject({ outcome: 'timeout' });
  });

  it('has its signal aborted, and its later result is ignored', async () => {
    const heard: unknown[] = [];
    const ending = attempt({
      job: { timeoutSeconds: 1 },
      run: (_payload, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            heard.push(signal.reason);
            reject(new Error('I was stopped.'));
          });
        }),
    });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await ending).toMatchObject({ outcome: 'timeout', message: 'exceeded the timeout of 1 s' });
    expect(heard).toEqual(['timeout']);
  });
});

describe('an attempt that is told to stop', () => {
  it.each(['canceled', 'superseded'] as const)('because it is %s ends as canceled', async (reason) => {
    const pulse = createTestPulse();
    const ending = attempt({ pulse, run: deaf });
    await jest.advanceTimersByTimeAsync(100);
    pulse.abort(reason);
    expect(await ending).toMatchObject({
      status: 'canceled',
      outcome: 'canceled',
      message: 'canceled by request',
    });
  });

  it('before it began ends immediately', async () => {
    const pulse = createTestPulse();
    pulse.abort('canceled');
    expect(await attempt({ pulse, run: deaf })).toMatchObject({ status: 'canceled' });
  });

  it('after its end keeps its outcome', async () => {
    const pulse = createTestPulse();
    const ending = attempt({ pulse, run: () => Promise.resolve('done') });
    const result = await ending;
    pulse.abort('canceled');
    expect(result).toMatchObject({ status: 'success', result: 'done' });
  });
});

describe('a result', () => {
  const resultOf = (result: unknown): Promise<AttemptResult> =>
    attempt({ run: () => Promise.resolve(result) });

  it('of the maximum size is stored, and a larger one fails the job with a hint what to do', async () => {
    expect(await resultOf('x'.repeat(MAX_DOCUMENT_BYTES - 2))).toMatchObject({ status: 'success' });
    const result = await resultOf('x'.repeat(MAX_DOCUMENT_BYTES - 1));
    expect(result).toMatchObject({ status: 'failed', result: null, retryInMs: 0 });
    expect(result.message).toMatch(/the maximum is 262144\. Write it elsewhere/);
  });

  it.each([
    ['the character NUL', { text: 'a\0b' }],
    ['NUL in a name', { 'a\0b': 1 }],
    ['half a surrogate pair', ['\ud83d']],
  ])('with %s fails the job', async (_what, result) => {
    expect(await resultOf(result)).toMatchObject({ status: 'failed', result: null });
  });

  it.each([['a\\u0000'], ['\\\\u0000'], ['😀'], ['\\ud83d'], ['C:\\users']])(
    'that only looks similar is stored: %j',
    async (text) => {
      expect(await resultOf(text)).toMatchObject({ status: 'success', result: text });
    },
  );

  it.each([
    ['a circle', circle()],
    ['a BigInt', 1n],
    ['a function', () => 1],
    ['a symbol', Symbol('a')],
  ])('that is not JSON fails the job: %s', async (_what, result) => {
    expect(await resultOf(result)).toMatchObject({ status: 'failed', result: null });
  });
});

describe('whatever a handler does', () => {
  const anyError = fc.oneof(
    fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }),
    anyText(2_000).map((message) => new Error(message)),
    fc.double().map((ms) => new RetryLaterError('later', { afterSeconds: ms / 1000 })),
    fc.anything().map((message) => Object.assign(new Error(), { message })),
    fc.constant({
      toString(): never {
        throw new Error('no text');
      },
    }),
  );

  it('its attempt ends with an outcome that can be stored', async () => {
    await fc.assert(
      fc.asyncProperty(anyError, fc.anything(), fc.boolean(), async (error, value, throws) => {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a handler may
        const run = (): Promise<unknown> => (throws ? Promise.reject(error) : Promise.resolve(value));
        const result = await attempt({ run });
        expect(['success', 'failed', 'created']).toContain(result.status);
        expect(Number.isSafeInteger(result.retryInMs)).toBe(true);
        expect(result.retryInMs).toBeGreaterThanOrEqual(0);
        const text = JSON.stringify([result.message, result.result]);
        expect(text).not.toMatch(/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/);
        if (result.message !== null) expect(result.message.length).toBeLessThanOrEqual(1_000);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the message of an error', () => {
  it.each([
    [new Error('broken'), 'broken'],
    [new TypeError(), 'TypeError'],
    ['broken', 'broken'],
    [undefined, 'undefined'],
    [new Error('a\0b'), 'a�b'],
    [new Error('\ud83d'), '�'],
  ])('of %j is %j', (error, message) => {
    expect(describeError(error)).toBe(message);
  });

  it('is cut, but never within a character', () => {
    const message = describeError(new Error(`${'x'.repeat(999)}😀`));
    expect(message).toHaveLength(1_000);
    expect(message.isWellFormed()).toBe(true);
  });
});

function circle(): unknown {
  const node: Record<string, unknown> = {};
  node.self = node;
  return node;
}

/** Whether a promise has already settled. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}
