import { describe, expect, it } from '@jest/globals';
import { runAttempt } from '../../../lambdas/job/attempt.ts';
import type { AttemptResult, ClaimedJob } from '../../../lambdas/job/attempt-store.ts';
import type { JobContext } from '../../../lambdas/job/job-context.ts';
import { memoryFiles } from '../../helpers/memory-files.ts';
import { submitsNothing } from '../../helpers/run-job-type.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { claimedJob, createTestPulse, jobTypesOf, FIXED_CLOCK } from './attempts.ts';

interface Run {
  run: (payload: unknown, context: JobContext) => Promise<unknown>;
  job?: Partial<ClaimedJob>;
  log?: ReturnType<typeof createRecordingLog>;
  pulse?: ReturnType<typeof createTestPulse>;
  isBuiltIn?: boolean;
}

function attempt({
  run,
  job = {},
  log = createRecordingLog(),
  pulse = createTestPulse(),
  isBuiltIn = false,
}: Run): Promise<AttemptResult> {
  return runAttempt(claimedJob(job), pulse, 60_000, {
    jobTypes: jobTypesOf(run, {}, isBuiltIn),
    clock: FIXED_CLOCK,
    log,
    filesOf: memoryFiles(),
    submitOf: () => submitsNothing,
  });
}

const failing = (_payload: unknown, { log }: JobContext): Promise<never> => {
  log.info('Trying.', { step: 1 });
  return Promise.reject(new Error('broken', { cause: new TypeError('the cause') }));
};
const hanging = (_payload: unknown, { log }: JobContext): Promise<never> => {
  log.info('Trying.', { step: 1 });
  return new Promise(() => undefined);
};
const ABOUT_JOB = { job_id: 'job-1', attempt: 1, tenant: 'default', type: 'test' };
const TRYING = [{ time: '1970-01-01T00:00:00.000Z', level: 'info', message: 'Trying.', fields: { step: 1 } }];

describe('a failed attempt', () => {
  it('keeps its stack and its last log lines, and logs its error', async () => {
    const log = createRecordingLog();
    const { failure } = await attempt({ log, run: failing });
    expect(failure?.log).toEqual(TRYING);
    expect(failure?.stack).toMatch(/^Error: broken\n {4}at [^]*\nCaused by: TypeError: the cause\n {4}at /);
    expect(log.entries).toContainEqual({
      level: 'error',
      event: 'attempt_failed',
      message: 'The attempt failed.',
      fields: { ...ABOUT_JOB, outcome: 'failed', error: failure?.stack },
    });
    expect(log.entries).toContainEqual({
      level: 'info',
      event: 'job_log',
      message: 'Trying.',
      fields: { ...ABOUT_JOB, step: 1 },
    });
  });

  it('keeps them whether or not another attempt follows', async () => {
    for (const number of [1, 2]) {
      const result = await attempt({ job: { attempt: number, maxAttempts: 2 }, run: failing });
      expect(result).toMatchObject({ status: number === 1 ? 'created' : 'failed', failure: { log: TRYING } });
    }
  });

  it('that throws something other than an error has no stack, and logs the value', async () => {
    const log = createRecordingLog();
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a handler may
    const { failure } = await attempt({ log, run: () => Promise.reject('broken') });
    expect(failure).toEqual({ stack: null, log: [] });
    expect(log.entries).toContainEqual(
      expect.objectContaining({ level: 'error', fields: expect.objectContaining({ error: 'broken' }) }),
    );
  });

  it('of a built-in job keeps no stack, and does not log its error, which may quote a payload', async () => {
    const log = createRecordingLog();
    const result = await attempt({ log, isBuiltIn: true, run: failing });
    expect(result).toMatchObject({ message: 'broken', failure: { stack: null, log: TRYING } });
    expect(log.entries).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'The attempt failed.' }),
    );
    expect(JSON.stringify(log.entries)).not.toContain('broken');
  });

  it('with a timeout keeps its last log lines', async () => {
    const result = await attempt({ job: { timeoutSeconds: 0.001 }, run: hanging });
    expect(result).toMatchObject({ outcome: 'timeout', failure: { stack: null, log: TRYING } });
  });

  it('with a result that cannot be stored keeps its last log lines', async () => {
    const run = (_payload: unknown, { log }: JobContext): Promise<unknown> => {
      log.info('Trying.', { step: 1 });
      return Promise.resolve(1n);
    };
    expect(await attempt({ run })).toMatchObject({ status: 'failed', failure: { stack: null, log: TRYING } });
  });
});

describe('an attempt that did not fail', () => {
  it('keeps nothing', async () => {
    expect(await attempt({ run: () => Promise.resolve(1) })).not.toHaveProperty('failure');
    const pulse = createTestPulse();
    pulse.abort('canceled');
    expect(await attempt({ pulse, run: hanging })).not.toHaveProperty('failure');
  });
});
