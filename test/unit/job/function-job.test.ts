import { describe, expect, it } from '@jest/globals';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import * as z from 'zod';
import { isJobDefinition, type JobDefinition } from '../../../lambdas/job/definition.ts';
import { functionJob } from '../../../lambdas/job/function-job.ts';
import { FinalError, isFinalError, RetryLaterError } from '../../../lambdas/job/errors.ts';
import { stackOf } from '../../../lambdas/job/failure.ts';
import type { JobContext } from '../../../lambdas/job/job-context.ts';
import {
  runInFunction,
  type FunctionEnding,
  type FunctionEvent,
} from '../../../lambdas/job/run-in-function.ts';

const payload = z.object({ video: z.string() });

describe('functionJob', () => {
  it('defines a job like any other, without code', () => {
    const definition = functionJob('transcode', { payload, queue: 'videos', timeoutSeconds: 60 });
    expect(isJobDefinition(definition)).toBe(true);
    expect(definition).toMatchObject({
      name: 'transcode',
      queue: 'videos',
      timeoutSeconds: 60,
      retry: { attempts: 2 },
      inFunction: { result: undefined },
    });
    expect(() => definition.run({}, {} as JobContext)).toThrow(
      'The job "transcode" runs in a Lambda function: only a deployed worker can run it.',
    );
  });

  it.each([
    [
      'a result that is no schema',
      { result: { seconds: 1 } },
      /job "transcode": result is .*\. Use a Standard/,
    ],
    ['code', { run: () => null }, /job "transcode": a functionJob has no run/],
    ['no attempt', { retry: { attempts: 0 } }, /retry\.attempts is 0/],
    ['a payload that is no schema', { payload: {} }, /payload is .*\. Use a Standard Schema/],
  ])('refuses %s, with the option’s name', (_, options: object, message) => {
    expect(() => functionJob('transcode', { payload, ...options })).toThrow(message);
  });
});

const CONTEXT = {
  jobId: 'a-job',
  tenant: 'shop',
  attempt: 2,
  deadline: new Date('2030-01-31T12:00:00Z'),
  signal: new AbortController().signal,
} as JobContext;

/** Runs an attempt in a function whose invocation ends with `ending`. Returns the function's event and the attempt's result. */
async function run(
  ending: FunctionEnding,
  definition: JobDefinition = functionJob('transcode', { payload }),
  context: JobContext = CONTEXT,
) {
  const events: [string, FunctionEvent][] = [];
  const runnable = runInFunction(definition, 'arn:transcode', (arn, event) => {
    events.push([arn, event]);
    return Promise.resolve(ending);
  });
  const [outcome] = await Promise.allSettled([
    Promise.resolve().then(() => runnable.run({ video: 'a.mp4' }, context)),
  ]);
  return { events, outcome };
}

async function errorOf(thrown: Omit<Extract<FunctionEnding, { kind: 'threw' }>, 'kind'>): Promise<Error> {
  const { outcome } = await run({ kind: 'threw', ...thrown });
  if (outcome.status !== 'rejected') throw new Error('The attempt succeeded.');
  return outcome.reason as Error;
}

describe('an attempt in a function', () => {
  it('sends the job to the function, and returns its result', async () => {
    const { events, outcome } = await run({ kind: 'returned', result: { seconds: 3 } });
    expect(outcome).toEqual({ status: 'fulfilled', value: { seconds: 3 } });
    expect(events).toStrictEqual([
      [
        'arn:transcode',
        {
          job_id: 'a-job',
          type: 'transcode',
          tenant: 'shop',
          attempt: 2,
          payload: { video: 'a.mp4' },
          deadline: '2030-01-31T12:00:00.000Z',
        },
      ],
    ]);
  });

  it("sends the job's trace context to the function", async () => {
    const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'vendor=1' };
    const { events } = await run({ kind: 'returned', result: null }, undefined, { ...CONTEXT, ...trace });
    expect(events[0]?.[1]).toMatchObject(trace);
  });

  it("returns the result as the job's schema converts it", async () => {
    const result = z.object({ seconds: z.number(), codec: z.string().default('av1') });
    const definition = functionJob('transcode', { payload, result });
    const { outcome } = await run({ kind: 'returned', result: { seconds: 3, extra: true } }, definition);
    expect(outcome).toEqual({ status: 'fulfilled', value: { seconds: 3, codec: 'av1' } });
  });

  it.each<[what: string, issue: StandardSchemaV1.Issue, text: string]>([
    ['without a path', { message: 'is empty' }, 'result is empty'],
    ['with a path', { message: 'is odd', path: ['parts', 0] }, 'result.parts.0 is odd'],
    ['with a path of objects', { message: 'is odd', path: [{ key: 'parts' }] }, 'result.parts is odd'],
  ])('names the first issue of any schema library: an issue %s', async (_what, issue, text) => {
    const result: StandardSchemaV1 = {
      '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [issue] }) },
    };
    const definition = functionJob('transcode', { payload, result });
    const { outcome } = await run({ kind: 'returned', result: {} }, definition);
    expect(outcome).toMatchObject({
      reason: { message: `The "transcode" job type's function returned an invalid result: ${text}` },
    });
  });

  it("fails for good if the result does not fit the job's schema, and names the field", async () => {
    const definition = functionJob('transcode', { payload, result: z.object({ seconds: z.number() }) });
    const { outcome } = await run({ kind: 'returned', result: { seconds: 'three' } }, definition);
    expect(outcome).toMatchObject({
      reason: expect.any(FinalError),
    });
    expect(String((outcome as PromiseRejectedResult).reason)).toMatch(
      /The "transcode" job type's function returned an invalid result: result\.seconds /,
    );
  });

  it('fails for good if the stack names no function for the job', async () => {
    const definition = runInFunction(functionJob('transcode', { payload }), undefined, () =>
      Promise.reject(new Error('not called')),
    );
    await expect(definition.run({}, CONTEXT)).rejects.toThrow(
      /The job type "transcode" has no function: add it to the stack's `functions`/,
    );
  });

  it("has the function's error with its own stack: Python's", async () => {
    const error = await errorOf({
      errorType: 'ValueError',
      errorMessage: 'no frames',
      stackTrace: ['  File "/var/task/app.py", line 3, in handler\n    raise ValueError("no frames")\n'],
    });
    expect(error).toMatchObject({ name: 'ValueError', message: 'no frames' });
    expect(stackOf(error)).toBe(
      'ValueError: no frames\n  File "/var/task/app.py", line 3, in handler\n    raise ValueError("no frames")',
    );
  });

  it("has the function's error with its own stack: Node's, which begins with the message", async () => {
    const lines = ['TypeError: two', 'lines', '    at handler (/var/task/index.js:1:1)'];
    const error = await errorOf({ errorType: 'TypeError', errorMessage: 'two\nlines', stackTrace: lines });
    expect(stackOf(error)).toBe(lines.join('\n'));
  });

  it('has the error of Lambda itself, which has no stack', async () => {
    const error = await errorOf({ errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out' });
    expect(stackOf(error)).toBe('Sandbox.Timedout: Task timed out');
  });

  it('has the name of an error without a message', async () => {
    const error = await errorOf({ errorType: 'SystemExit', errorMessage: '', stackTrace: ['  at exit'] });
    expect(error).toMatchObject({ name: 'SystemExit', message: 'SystemExit' });
    expect(stackOf(error)).toBe('SystemExit\n  at exit');
  });

  it('has an error whose type is no class name', async () => {
    const errorType = 'Function<#<Class:0x01>>';
    expect(await errorOf({ errorType, errorMessage: 'broken' })).toMatchObject({
      name: errorType,
      message: 'broken',
    });
  });

  it.each(['FinalError', 'com.example.FinalError', 'Function<FinalError>', 'app.jobs.FinalError'])(
    'fails permanently with a %s error',
    async (errorType) => {
      const error = await errorOf({ errorType, errorMessage: 'no use' });
      expect(isFinalError(error)).toBe(true);
      expect(error).toMatchObject({ name: errorType, message: 'no use' });
    },
  );

  it.each([
    ['30 s: busy', 30],
    ['30: busy', 30],
    ['2.5 seconds', 2.5],
    ['1 second, then', 1],
    [' 7s', 7],
  ])('is retried after the seconds of a RetryLaterError: %j', async (errorMessage, afterSeconds) => {
    const error = await errorOf({ errorType: 'errors.RetryLaterError', errorMessage });
    expect(error).toBeInstanceOf(RetryLaterError);
    expect(error).toMatchObject({ afterSeconds, message: errorMessage });
  });

  it.each(['busy', '', '30 sheep', 'in 30 s'])(
    'is retried by the retry policy after a RetryLaterError without seconds: %j',
    async (errorMessage) => {
      expect(await errorOf({ errorType: 'RetryLaterError', errorMessage })).not.toBeInstanceOf(
        RetryLaterError,
      );
    },
  );

  it('is retried by the retry policy after any other error whose message begins with seconds', async () => {
    expect(await errorOf({ errorType: 'Error', errorMessage: '30 s: busy' })).not.toBeInstanceOf(
      RetryLaterError,
    );
  });

  it.each(['NotAFinalError', 'FinalErrors', 'Error'])('is retried after a %s error', async (errorType) => {
    expect(isFinalError(await errorOf({ errorType, errorMessage: 'broken' }))).toBe(false);
  });
});
