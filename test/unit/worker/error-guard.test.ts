import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import type { JobContext } from '../../../lambdas/job/job-context.ts';
import type { Json } from '../../../lambdas/job/job.ts';
import { createErrorGuard, type ErrorGuard } from '../../../lambdas/worker/error-guard.ts';
import { memoryFiles } from '../../helpers/memory-files.ts';
import { NO_STEPS } from '../../helpers/no-steps.ts';
import { submitsNothing } from '../../helpers/run-job-type.ts';
import { createRecordingJobLog, createRecordingLog, type LogEntry } from '../../helpers/recording-log.ts';

interface Setup {
  guard: ErrorGuard;
  /** A replacement for `process`. */
  runtime: EventEmitter;
  /** The errors that reached the Lambda runtime's listeners. */
  fatal: unknown[];
  /** The guard's log. */
  lines: LogEntry[];
}

function setUp(): Setup {
  const runtime = new EventEmitter();
  const fatal: unknown[] = [];
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    runtime.on(event, (error) => fatal.push(error));
  }
  const log = createRecordingLog();
  return { guard: createErrorGuard(runtime, log), runtime, fatal, lines: log.entries };
}

function contextOf(stop: AbortController = new AbortController(), jobId = 'job-1'): JobContext {
  return {
    jobId,
    tenant: 'default',
    attempt: 1,
    deadline: new Date(0),
    signal: stop.signal,
    log: createRecordingJobLog(),
    submit: submitsNothing,
    ...NO_STEPS,
    files: memoryFiles()('default'),
    progress: () => undefined,
  };
}

/** A handler that runs until its signal is aborted. */
const untilStopped = ({ signal }: JobContext): Promise<Json> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve('stopped');
    });
  });

describe.each(['uncaughtException', 'unhandledRejection'])('an error by %s', (event) => {
  it('fails the attempt whose code threw it, aborts it, and does not affect others', async () => {
    const { guard, runtime, fatal } = setUp();
    const signals: AbortSignal[] = [];
    const failing = guard(contextOf(), (context) => {
      signals.push(context.signal);
      setImmediate(() => runtime.emit(event, new Error('stray')));
      return untilStopped(context);
    });
    const stop = new AbortController();
    const neighbor = guard(contextOf(stop), untilStopped);

    await expect(failing).rejects.toMatchObject({
      message: 'uncaught: stray',
      stack: 'Error: uncaught: stray',
      cause: { message: 'stray' },
    });
    expect(signals[0]?.aborted).toBe(true);
    stop.abort();
    expect(await neighbor).toBe('stopped');
    expect(fatal).toEqual([]);
  });

  it('that belongs to no attempt fails all running attempts', async () => {
    const { guard, runtime, fatal } = setUp();
    const running = [1, 2].map(() => guard(contextOf(), untilStopped));
    runtime.emit(event, 'stray');
    for (const each of await Promise.allSettled(running)) {
      expect(each).toMatchObject({ status: 'rejected', reason: { message: 'uncaught: stray' } });
    }
    expect(fatal).toEqual([]);
  });

  it('goes to the runtime while no attempt runs', () => {
    const { runtime, fatal } = setUp();
    runtime.emit(event, 'stray');
    expect(fatal).toEqual(['stray']);
  });

  it('is rethrown if there is no runtime', () => {
    const runtime = new EventEmitter();
    createErrorGuard(runtime, createRecordingLog());
    expect(() => runtime.emit(event, new Error('stray'))).toThrow('stray');
  });

  it.each(['returned', 'was stopped'])(
    'of an attempt that %s is logged, and does not affect others',
    async (how) => {
      const { guard, runtime, fatal, lines } = setUp();
      const [context, stop] = [contextOf(), new AbortController()];
      const late = Promise.withResolvers<undefined>();
      const ended = guard({ ...context, signal: stop.signal }, (own) => {
        void late.promise.then(() => runtime.emit(event, new Error('late')));
        return how === 'returned' ? Promise.resolve('done') : untilStopped(own);
      });
      if (how === 'was stopped') stop.abort();
      await ended;
      const neighborStop = new AbortController();
      const neighbor = guard(contextOf(neighborStop), untilStopped);
      late.resolve(undefined);
      await late.promise;
      neighborStop.abort();
      expect(await neighbor).toBe('stopped');
      expect(lines).toMatchObject([
        {
          level: 'error',
          event: 'late_error_thrown',
          fields: { job_id: 'job-1', attempt: 1, tenant: 'default', error: { message: 'late' } },
        },
      ]);
      expect(fatal).toEqual([]);
    },
  );
});

describe('the end of the process', () => {
  it('is logged for each running attempt, with the exit code', async () => {
    const { guard, runtime, lines } = setUp();
    const [ended, context] = [contextOf(), contextOf(undefined, 'job-2')];
    await guard(ended, () => Promise.resolve(null));
    const stop = new AbortController();
    const running = guard({ ...context, signal: stop.signal }, untilStopped);
    runtime.emit('exit', 7);
    stop.abort();
    await running;
    expect(lines).toMatchObject([
      {
        level: 'error',
        event: 'process_exited',
        fields: { job_id: 'job-2', exit_code: 7, stack: expect.stringContaining('error-guard.test.ts') },
      },
    ]);
    expect(lines).toHaveLength(1);
  });
});

it('the guard restores the replaced listeners when it is released', () => {
  const runtime = new EventEmitter();
  const own = (): void => undefined;
  runtime.on('uncaughtException', own);
  const guard = createErrorGuard(runtime, createRecordingLog());
  expect(runtime.listeners('uncaughtException')).not.toContain(own);
  guard.release();
  expect(runtime.listeners('uncaughtException')).toEqual([own]);
  expect(runtime.eventNames()).toEqual(['uncaughtException']);
});
