import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as z from 'zod';
import { runAttempt, type AttemptPorts } from '../../../lambdas/job/attempt.ts';
import type { AttemptResult, ClaimedJob } from '../../../lambdas/job/attempt-store.ts';
import { job as defineJob, type RetryOptions } from '../../../lambdas/job/definition.ts';
import type { JobContext } from '../../../lambdas/job/job-context.ts';
import { runnable } from '../../../lambdas/job/job-type.ts';
import type { AttemptSteps } from '../../../lambdas/job/steps/attempt-steps.ts';
import type { AttemptOfSteps } from '../../../lambdas/job/steps/engine.ts';
import type { RecordedStep } from '../../../lambdas/job/steps/step-store.ts';
import { memoryFiles } from '../../helpers/memory-files.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { submitsNothing } from '../../helpers/run-job-type.ts';
import { claimedJob, createTestPulse } from './attempts.ts';

const STEP: RecordedStep = {
  ...{ step: 'charge', kind: 'run', status: 'success', failures: 0, dueInMs: null, timedOut: false },
  ...{ result: null, isResultLeftOut: false, message: null, detail: {} },
};

interface Run {
  run: (context: JobContext) => Promise<unknown>;
  job?: Partial<ClaimedJob>;
  retry?: RetryOptions;
  versioning?: 'latest' | 'pinned';
  versions?: AttemptPorts['versions'];
  pulse?: ReturnType<typeof createTestPulse>;
  /** Overrides the attempt's steps, which do nothing otherwise. */
  steps?: Partial<AttemptSteps>;
}

/** Runs an attempt of a job with a recorded step. Its clock is Jest's. */
function start({ run, job, retry = {}, versioning = 'latest', versions, pulse, steps }: Run) {
  const opened: AttemptOfSteps[] = [];
  const flush = jest.fn(() => Promise.resolve());
  const log = createRecordingLog();
  const test = runnable(
    defineJob('test', { payload: z.unknown(), retry, versioning, run: (_payload, context) => run(context) }),
  );
  const ending = runAttempt(claimedJob({ steps: [STEP], ...job }), pulse ?? createTestPulse(), 60_000, {
    jobTypes: { find: (name) => (name === 'test' ? test : undefined) },
    clock: { now: () => new Date(), newId: () => 'id', random: () => 0 },
    log,
    filesOf: memoryFiles(),
    submitOf: () => submitsNothing,
    versions,
    openSteps(ofSteps) {
      opened.push(ofSteps);
      return Promise.resolve({
        step: {} as JobContext['step'],
        checkpoint: () => Promise.resolve(),
        state: undefined,
        ending: new Promise(() => undefined),
        close: () => undefined,
        mismatch: () => undefined,
        flush,
        ...steps,
      });
    },
  });
  return { ending, opened, flush, log };
}

/** Runs an attempt, and lets its timeout elapse if its handler doesn't return. */
async function attempt(options: Run): Promise<AttemptResult> {
  const { ending } = start(options);
  await jest.advanceTimersByTimeAsync(60_000);
  return ending;
}

const returns = (): Promise<unknown> => Promise.resolve('done');
const throws = (): Promise<unknown> => Promise.reject(new Error('broken'));
const hangs = (): Promise<unknown> => new Promise(() => undefined);

beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
});

afterEach(() => {
  jest.useRealTimers();
});

describe('the handler of an attempt', () => {
  const contextOf = async (job: Partial<ClaimedJob>): Promise<JobContext> => {
    const seen: JobContext[] = [];
    await attempt({ job, run: (context) => Promise.resolve(void seen.push(context)) });
    return seen[0] ?? ({} as JobContext);
  };

  it('gets the time at which its timeout elapses', async () => {
    expect((await contextOf({ timeoutSeconds: 10 })).deadline).toEqual(new Date(10_000));
  });

  it('gets the time at which the invocation must have stopped if that comes first', async () => {
    expect((await contextOf({ timeoutSeconds: 90 })).deadline).toEqual(new Date(60_000));
  });

  it('gets the generations of the key that sign its request', async () => {
    const signing = { kind: 'webhook' as const, generations: [2, 1] };
    expect(await contextOf({ signing })).toHaveProperty('signing', signing);
    expect(await contextOf({})).not.toHaveProperty('signing');
  });
});

describe('the log of an attempt', () => {
  const logs = ({ log }: JobContext): Promise<unknown> => {
    log.info('Trying.');
    return returns();
  };
  const line = { time: new Date(0).toISOString(), level: 'info', message: 'Trying.', fields: {} };

  it('is returned with the outcome', async () => {
    expect((await attempt({ run: logs })).logs).toEqual({ parts: [{ part: 0, lines: [line] }], keepFrom: 0 });
  });

  it('is missing from the outcome if the handler logged nothing', async () => {
    expect(await attempt({ run: returns })).not.toHaveProperty('logs');
  });

  it('says how long the job waited, and how long the attempt ran', async () => {
    jest.setSystemTime(1_000_000);
    const { ending, log } = start({ job: { waitedMs: 250, timeoutSeconds: 3 }, run: hangs });
    await jest.advanceTimersByTimeAsync(3_000);
    await ending;
    const fieldsOf = (event: string) => log.entries.find((entry) => entry.event === event)?.fields;
    expect(fieldsOf('attempt_started')).toMatchObject({ waited_ms: 250 });
    expect(fieldsOf('attempt_ended')).toMatchObject({ ending: 'stopped', run_ms: 3_000 });
    expect(log.entries.map(({ event }) => event)).not.toContain('attempt_suspended');
  });
});

describe('an attempt of a job type with `onTimeout`', () => {
  const retry = { onTimeout: true, baseSeconds: 5 };

  it('is followed by another attempt after its timeout', async () => {
    expect(await attempt({ retry, run: hangs })).toMatchObject({
      status: 'created',
      outcome: 'timeout',
      retryInMs: 5_000,
    });
  });

  it('fails the job if it times out as the last attempt', async () => {
    expect(await attempt({ retry, job: { attempt: 2, maxAttempts: 2 }, run: hangs })).toMatchObject({
      status: 'failed',
      outcome: 'timeout',
      retryInMs: 0,
    });
  });

  it('is not followed by another attempt after a cancellation', async () => {
    const pulse = createTestPulse();
    pulse.abort('canceled');
    expect(await attempt({ retry, pulse, run: hangs })).toMatchObject({ status: 'canceled', retryInMs: 0 });
  });
});

describe('the last checkpoint', () => {
  const endings: Readonly<Record<string, Omit<Run, 'pulse'> & { stop?: 'canceled' | 'superseded' }>> = {
    returns: { run: returns },
    throws: { run: throws },
    'times out': { run: hangs },
    'is suspended': { run: hangs, steps: { ending: Promise.resolve({ kind: 'suspended', steps: [] }) } },
    'is canceled': { run: hangs, stop: 'canceled' },
    'is superseded': { run: hangs, stop: 'superseded' },
  };

  const flushesAfter = async (ending: string): Promise<number> => {
    const { stop, ...options } = endings[ending] ?? { run: returns };
    const pulse = createTestPulse();
    const started = start({ ...options, pulse });
    await jest.advanceTimersByTimeAsync(1);
    if (stop) pulse.abort(stop);
    await jest.advanceTimersByTimeAsync(60_000);
    await started.ending;
    return started.flush.mock.calls.length;
  };

  it.each(['throws', 'times out', 'is suspended'])('is written if the attempt %s', async (ending) => {
    expect(await flushesAfter(ending)).toBe(1);
  });

  it.each(['returns', 'is canceled', 'is superseded'])(
    'is not written if the attempt %s, because no other attempt reads it',
    async (ending) => {
      expect(await flushesAfter(ending)).toBe(0);
    },
  );

  it('does not change the outcome if it cannot be written', async () => {
    const flush = (): Promise<void> => Promise.reject(new Error('no database'));
    const { ending, log } = start({ run: throws, steps: { flush } });
    expect(await ending).toMatchObject({ status: 'created', outcome: 'failed', message: 'broken' });
    expect(log.entries).toContainEqual(
      expect.objectContaining({ level: 'warn', event: 'checkpoint_not_written' }),
    );
  });

  it('does not exist if the job type is not deployed', async () => {
    const { ending, log } = start({ job: { type: 'gone' }, run: hangs });
    await ending;
    expect(log.entries.filter(({ level }) => level === 'warn')).toEqual([]);
  });
});

describe('the steps of an attempt', () => {
  const versionOf = async (options: Omit<Run, 'run'>): Promise<unknown> => {
    const { ending, opened } = start({ ...options, run: returns });
    expect(await ending).toMatchObject({ status: 'success' });
    return opened[0]?.version;
  };

  it('are pinned to the worker’s version if the job type is', async () => {
    const versions = { own: '5' };
    expect(await versionOf({ versioning: 'pinned', versions })).toBe('5');
    expect(await versionOf({ versioning: 'latest', versions })).toBeUndefined();
  });

  it('are not pinned if the worker has no version', async () => {
    expect(await versionOf({ versioning: 'pinned' })).toBeUndefined();
  });

  it('fail an attempt that returns without calling all recorded steps', async () => {
    const mismatch = (): Error => new Error('The step "charge" was not called.');
    expect(await attempt({ run: returns, steps: { mismatch } })).toMatchObject({
      outcome: 'failed',
      message: 'The step "charge" was not called.',
      result: null,
    });
  });
});

it('a result with a NUL character fails the job without the hint for large results', async () => {
  const { message } = await attempt({ run: () => Promise.resolve('a\0b') });
  expect(message).toBe(
    "The result contains a NUL character or half a surrogate pair, which the database can't store.",
  );
});
