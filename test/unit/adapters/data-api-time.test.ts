import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { describe, expect, it, jest } from '@jest/globals';
import { readRules } from 'errand-local/faults/rule';
import { createDataApi, type Statement } from '../../../lambdas/adapters/aurora/data-api.ts';
import { COUNT_JOBS } from '../../../lambdas/adapters/aurora/sql/count-jobs.ts';
import { TAKE_OVERDUE } from '../../../lambdas/adapters/aurora/sql/mend-jobs.ts';
import { listMessages } from '../../../lambdas/adapters/aurora/sql/messages.ts';
import { PRUNE } from '../../../lambdas/adapters/aurora/sql/prune.ts';
import { listJobs } from '../../../lambdas/adapters/aurora/sql/read-jobs.ts';
import { callLimits } from '../../../lambdas/adapters/aws/http-handler.ts';
import { RESUME_SECONDS } from '../../../lambdas/job/aurora-times.ts';
import { NO_CONNECTION, STATEMENT, toResponse, type Answer } from './fake-data-api.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { virtualClock } from '../../helpers/virtual-clock.ts';

const RESUME_MS = RESUME_SECONDS.longest * 1000;

/** The errors that the Data API can return while a database resumes. */
const REFUSALS: readonly Answer[] = [
  { error: 'DatabaseResumingException' },
  NO_CONNECTION,
  { error: 'StatementTimeoutException', message: 'Request timed out' },
];

/**
 * Creates a database that resumes `resumeSeconds` after the start. Time is simulated, so waiting takes no real time.
 *
 * @param hangs whether statements get no response while the database resumes
 */
function resumingDatabase(
  resumeSeconds: number,
  options: { patienceMs: number; refusal?: Answer; hangs?: boolean; limitMs?: () => number },
) {
  const { patienceMs, refusal = { error: 'DatabaseResumingException' }, hangs = false, limitMs } = options;
  let sent = 0;
  const clock = virtualClock();
  const client = new RDSDataClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: {
      async handle() {
        sent += 1;
        if (clock.elapsedMs() >= resumeSeconds * 1000) return { response: toResponse({ rows: ['1'] }) };
        if (!hangs || sent === 1) return { response: toResponse(refusal as { error: string }) };
        await clock.pause(8_000);
        throw Object.assign(new Error('No answer.'), { name: 'TimeoutError' });
      },
    } as never,
  });
  const dataApi = createDataApi({
    client,
    ...{ clusterArn: 'cluster', secretArn: 'secret', database: 'errand', clock },
    log: createRecordingLog(),
    patienceMs: () => patienceMs,
    ...(limitMs && { limitMs }),
  });
  return { dataApi, elapsedSeconds: () => clock.elapsedMs() / 1000 };
}

describe('a database that resumes', () => {
  it('takes a typical resume’s time in the embedded cloud by default', () => {
    expect(readRules({ effect: 'pause-aurora' })).toMatchObject([{ resume_seconds: RESUME_SECONDS.typical }]);
  });

  it.each(REFUSALS)('is awaited if the function has enough time for a long resume: %j', async (refusal) => {
    for (const seconds of [RESUME_SECONDS.typical, RESUME_SECONDS.afterOneDay, 39]) {
      const { dataApi, elapsedSeconds } = resumingDatabase(seconds, { patienceMs: RESUME_MS, refusal });
      expect(await dataApi.query(STATEMENT)).toEqual([1]);
      expect(elapsedSeconds()).toBe(seconds);
    }
  });

  it.each(REFUSALS)(
    'is reported as resuming within 25 s if the function waits no longer than that: %j',
    async (refusal) => {
      const { dataApi, elapsedSeconds } = resumingDatabase(40, { patienceMs: 25_000, refusal });
      await expect(dataApi.query(STATEMENT)).rejects.toMatchObject({
        name: 'StoreUnavailableError',
        isResuming: true,
        applied: refusal === REFUSALS[0] ? 'no' : 'unknown',
      });
      expect(elapsedSeconds()).toBeGreaterThan(24);
      expect(elapsedSeconds()).toBeLessThan(25);
    },
  );

  it('is reported as resuming if the function waits for at most 1 s', async () => {
    const { dataApi } = resumingDatabase(15, { patienceMs: 1_000 });
    await expect(dataApi.query(STATEMENT)).rejects.toMatchObject({ isResuming: true, applied: 'no' });
  });

  it('is awaited even if it temporarily stops responding', async () => {
    const { dataApi } = resumingDatabase(30, { patienceMs: RESUME_MS, hangs: true });
    expect(await dataApi.query(STATEMENT)).toEqual([1]);
    const impatient = resumingDatabase(40, { patienceMs: 15_000, hangs: true });
    await expect(impatient.dataApi.query(STATEMENT)).rejects.toMatchObject({
      isResuming: true,
      applied: 'unknown',
    });
  });

  it('is not reported if the Data API cancels a slow statement', async () => {
    const canceled = {
      error: 'StatementTimeoutException',
      message: 'ERROR: canceling statement due to user request',
    };
    const { dataApi } = resumingDatabase(15, { patienceMs: RESUME_MS, refusal: canceled });
    await expect(dataApi.query(STATEMENT)).rejects.toMatchObject({ isResuming: false, applied: 'unknown' });
  });
});

describe('the time limit of a statement', () => {
  /** Sends a statement to a Data API that never responds. */
  async function unanswered(statement: Statement, limitMs?: () => number) {
    jest.useFakeTimers();
    try {
      const sent: number[] = [];
      const startedAt = performance.now();
      const client = new RDSDataClient({
        region: 'us-east-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        maxAttempts: 3,
        requestHandler: {
          handle() {
            const { signal, requestTimeout = 8_000 } = callLimits() ?? {};
            sent.push(performance.now() - startedAt);
            return new Promise((_resolve, reject) => {
              const fail = (name: string) => () => {
                reject(Object.assign(new Error('No response.'), { name }));
              };
              setTimeout(fail('TimeoutError'), requestTimeout);
              signal?.addEventListener('abort', fail('AbortError'));
            });
          },
        } as never,
      });
      const dataApi = createDataApi({
        client,
        ...{
          clusterArn: 'cluster',
          secretArn: 'secret',
          database: 'errand',
          log: createRecordingLog(),
          patienceMs: () => 0,
        },
        ...(limitMs && { limitMs }),
      });
      let failure: unknown;
      const querying = dataApi.query(statement).catch((error: unknown) => (failure = error));
      while (failure === undefined) await jest.advanceTimersByTimeAsync(100);
      await querying;
      return { sent: sent.length, failure, seconds: Math.round((performance.now() - startedAt) / 1000) };
    } finally {
      jest.useRealTimers();
    }
  }
  const unknown = { name: 'StoreUnavailableError', applied: 'unknown', isResuming: false };

  it('is 8 s per try, and the statement is sent three times', async () => {
    const { sent, seconds, failure } = await unanswered(STATEMENT);
    expect(failure).toMatchObject(unknown);
    expect({ sent, seconds }).toEqual({ sent: 3, seconds: 24 });
  });

  it('is at most the time that its function has left', async () => {
    const { sent, seconds, failure } = await unanswered(STATEMENT, () => 13_000);
    expect(failure).toMatchObject(unknown);
    expect({ sent, seconds }).toEqual({ sent: 2, seconds: 13 });
  });

  it('is the Data API’s own limit for a slow statement, which is sent once, because the Data API keeps running it', async () => {
    const { sent, seconds, failure } = await unanswered({ ...STATEMENT, isSlow: true });
    expect(failure).toMatchObject(unknown);
    expect({ sent, seconds }).toEqual({ sent: 1, seconds: 47 });
  });

  it('is at most the time that its function has left, even for a slow statement', async () => {
    const { sent, seconds, failure } = await unanswered({ ...STATEMENT, isSlow: true }, () => 25_000);
    expect(failure).toMatchObject(unknown);
    expect({ sent, seconds }).toEqual({ sent: 1, seconds: 25 });
  });

  it('is a slow statement’s for pruning, lists and counts', () => {
    for (const { isSlow } of [
      PRUNE,
      listJobs({ filter: {}, order: 'desc' }),
      listMessages([]),
      COUNT_JOBS,
      TAKE_OVERDUE,
    ]) {
      expect(isSlow).toBe(true);
    }
  });
});
