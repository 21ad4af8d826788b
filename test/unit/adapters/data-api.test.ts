import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { describe, expect, it, jest } from '@jest/globals';
import type { HttpHandlerOptions } from '@smithy/types';
import { Readable } from 'node:stream';
import {
  createDataApi,
  type DataApi,
  type Parameter,
  type Statement,
} from '../../../lambdas/adapters/aurora/data-api.ts';
import { COUNT_JOBS } from '../../../lambdas/adapters/aurora/sql/count-jobs.ts';
import { TAKE_OVERDUE } from '../../../lambdas/adapters/aurora/sql/mend-jobs.ts';
import { listMessages } from '../../../lambdas/adapters/aurora/sql/messages.ts';
import { PRUNE } from '../../../lambdas/adapters/aurora/sql/prune.ts';
import { listJobs } from '../../../lambdas/adapters/aurora/sql/read-jobs.ts';
import { RESUME_SECONDS } from '../../../lambdas/job/aurora-times.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';

/** What the service answers to one request: rows, an error, or nothing, so that the request times out. */
type Answer = { rows: string[] } | { error: string; status?: number; message?: string } | 'timeout';

interface Sent {
  path: string;
  body: Record<string, unknown>;
}

/** The Data API as the unmodified SDK reaches it, with the answers that a test wants; the last one repeats. */
function dataApiThat(answers: readonly Answer[], patienceMs = 0): { dataApi: DataApi; sent: Sent[] } {
  const sent: Sent[] = [];
  const client = new RDSDataClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 3,
    requestHandler: {
      handle(request: { path: string; body: Uint8Array }) {
        const answer = answers[Math.min(sent.length, answers.length - 1)] ?? 'timeout';
        sent.push({
          path: request.path,
          body: JSON.parse(new TextDecoder().decode(request.body)) as Record<string, unknown>,
        });
        if (answer === 'timeout') {
          return Promise.reject(Object.assign(new Error('No answer in time.'), { name: 'TimeoutError' }));
        }
        return Promise.resolve({ response: toResponse(answer) });
      },
    } as never,
  });
  const options = {
    clusterArn: 'cluster',
    secretArn: 'secret',
    database: 'errand',
    patienceMs: () => patienceMs,
  };
  return { dataApi: createDataApi({ client, ...options }), sent };
}

function toResponse(answer: Exclude<Answer, 'timeout'>) {
  const isError = 'error' in answer;
  const body = isError
    ? { message: answer.message ?? '' }
    : { records: answer.rows.map((stringValue) => [{ stringValue }]) };
  return {
    statusCode: isError ? (answer.status ?? 400) : 200,
    headers: { 'content-type': 'application/json', ...(isError && { 'x-amzn-errortype': answer.error }) },
    body: Readable.from([Buffer.from(JSON.stringify(body))]),
  };
}

const RESUME_MS = RESUME_SECONDS.longest * 1000;

const STATEMENT = { name: 'a-statement', sql: 'SELECT :a' };

const sqlError = (state: string): Answer => ({
  error: 'DatabaseErrorException',
  message: `ERROR: something; SQLState: ${state}`,
});

/** The Data API's answer while a cluster resumes and its writer does not answer yet. */
const NO_CONNECTION: Answer = {
  error: 'BadRequestException',
  message:
    'Communications link failure\n\nThe last packet sent successfully to the server was 0 milliseconds ago.',
};

/** How a statement fails to which these answers are given. */
async function failureOf(answers: readonly Answer[], patienceMs = 0): Promise<unknown> {
  return dataApiThat(answers, patienceMs)
    .dataApi.query(STATEMENT)
    .then(
      () => {
        throw new Error('The statement did not fail.');
      },
      (error: unknown) => error,
    );
}

describe('a statement', () => {
  it('is sent with its parameters, each of its kind', async () => {
    const { dataApi, sent } = dataApiThat([{ rows: [] }]);
    const parameters: Record<string, Parameter> = { a: 'text', b: 7, c: 0.5, d: true, e: null };
    await dataApi.query(STATEMENT, parameters);
    expect(sent).toEqual([
      {
        path: '/Execute',
        body: {
          resourceArn: 'cluster',
          secretArn: 'secret',
          database: 'errand',
          sql: 'SELECT :a',
          parameters: [
            { name: 'a', value: { stringValue: 'text' } },
            { name: 'b', value: { longValue: 7 } },
            { name: 'c', value: { doubleValue: 0.5 } },
            { name: 'd', value: { booleanValue: true } },
            { name: 'e', value: { isNull: true } },
          ],
        },
      },
    ]);
  });

  it('is answered with the document in each row, or with its text', async () => {
    const { dataApi } = dataApiThat([{ rows: ['{"a":1}', '"b"', 'null'] }]);
    expect(await dataApi.query(STATEMENT)).toEqual([{ a: 1 }, 'b', null]);
    expect(await dataApi.queryText(STATEMENT)).toEqual(['{"a":1}', '"b"', 'null']);
  });
});

describe('a statement that fails', () => {
  it.each([
    [{ error: 'DatabaseResumingException' }],
    [{ error: 'AccessDeniedException', status: 403 }],
    [{ error: 'SecretsErrorException' }],
    [sqlError('40001')],
    [sqlError('40P01')],
    [sqlError('53300')],
    [sqlError('57P03')],
    [sqlError('28P01')],
  ])('was certainly not applied: %j', async (answer) => {
    expect(await failureOf([answer])).toMatchObject({
      name: 'StoreUnavailableError',
      store: 'aurora',
      applied: 'no',
    });
  });

  it.each([
    ['timeout' as const],
    [{ error: 'InternalServerErrorException', status: 500 }],
    [{ error: 'ServiceUnavailableError', status: 503 }],
    [{ error: 'DatabaseUnavailableException', status: 504 }],
    [{ error: 'StatementTimeoutException' }],
    [sqlError('57P01')],
    [sqlError('57P02')],
    [NO_CONNECTION],
  ])('may have been applied: %j', async (answer) => {
    expect(await failureOf([answer])).toMatchObject({ name: 'StoreUnavailableError', applied: 'unknown' });
  });

  it('may have been applied where the SDK had sent it before and knows not what became of that', async () => {
    for (const first of ['timeout' as const, { error: 'InternalServerErrorException', status: 500 }]) {
      expect(await failureOf([first, { error: 'DatabaseResumingException' }])).toMatchObject({
        applied: 'unknown',
      });
      expect(await failureOf([first, sqlError('40P01')])).toMatchObject({ applied: 'unknown' });
    }
  });

  it('may have been applied where a connection was lost and the database is not back in time', async () => {
    const failure = await failureOf([sqlError('57P01'), { error: 'DatabaseResumingException' }], 700);
    expect(failure).toMatchObject({ applied: 'unknown' });
  });

  it.each([
    [sqlError('23514')],
    [sqlError('42601')],
    [{ error: 'BadRequestException' }],
    [{ error: 'UnsupportedResultException' }],
  ])('by our own fault says which one it is, and is not sent again: %j', async (answer) => {
    const { dataApi, sent } = dataApiThat([answer], 10_000);
    const failure = await dataApi.query(STATEMENT).catch((error: unknown) => error);
    expect(failure).not.toBeInstanceOf(StoreUnavailableError);
    expect(failure).toMatchObject({ message: 'The statement a-statement was refused.' });
    expect(sent).toHaveLength(1);
  });
});

describe('a refused statement', () => {
  it.each([
    'ERROR: invalid input syntax for type integer: "canary"; SQLState: 22P02',
    'ERROR: new row for relation "jobs" violates check constraint "c"\n  Detail: Failing row contains (canary).; SQLState: 23514',
    'ERROR: cannot do this\n  Detail: Key (object_id)=(canary) is there; SQLState: 55000',
  ])('is told of without the values that Postgres quotes: %j', async (message) => {
    const { dataApi } = dataApiThat([{ error: 'DatabaseErrorException', message }]);
    const failure = (await dataApi.query(STATEMENT).catch((error: unknown) => error)) as Error;
    const cause = failure.cause as Error;
    expect(cause.message).toMatch(/^DatabaseErrorException: (SQLState: 2[23]\w{3}|ERROR: cannot do this)$/);
    expect(`${failure.stack} ${cause.stack} ${String(cause.cause)}`).not.toContain('canary');
  });

  it('is told of with what Postgres says of the statement itself', async () => {
    const message = 'ERROR: column "a" does not exist; Position: 8; SQLState: 42703';
    const { dataApi } = dataApiThat([{ error: 'DatabaseErrorException', message }]);
    await expect(dataApi.query(STATEMENT)).rejects.toMatchObject({
      cause: { message: `DatabaseErrorException: ${message}` },
    });
  });
});

/** How a database that resumes from its pause refuses a statement: the Data API has several ways. */
const REFUSALS: readonly Answer[] = [
  { error: 'DatabaseResumingException' },
  NO_CONNECTION,
  { error: 'StatementTimeoutException', message: 'Request timed out' },
];

/**
 * A database that resumes in so many seconds after its first statement. Its clock is moved by every pause, so no time passes.
 *
 * @param hangs whether a statement gets no response while the database resumes
 */
function resumingDatabase(
  resumeSeconds: number,
  options: { patienceMs: number; refusal?: Answer; hangs?: boolean; limitMs?: () => number },
) {
  const { patienceMs, refusal = { error: 'DatabaseResumingException' }, hangs = false, limitMs } = options;
  let now = 0;
  let sent = 0;
  const clock = {
    elapsedMs: () => now,
    pause(ms: number) {
      now += ms;
      return Promise.resolve();
    },
  };
  const client = new RDSDataClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: {
      handle() {
        sent += 1;
        if (now >= resumeSeconds * 1000) return Promise.resolve({ response: toResponse({ rows: ['1'] }) });
        if (!hangs || sent === 1)
          return Promise.resolve({ response: toResponse(refusal as { error: string }) });
        now += 8_000;
        return Promise.reject(Object.assign(new Error('No answer.'), { name: 'TimeoutError' }));
      },
    } as never,
  });
  const dataApi = createDataApi({
    client,
    ...{ clusterArn: 'cluster', secretArn: 'secret', database: 'errand', clock },
    patienceMs: () => patienceMs,
    ...(limitMs && { limitMs }),
  });
  return { dataApi, elapsedSeconds: () => now / 1000 };
}

describe('a database that resumes', () => {
  it.each(REFUSALS)(
    'is waited for, if the function has as long as a long resume takes: %j',
    async (refusal) => {
      for (const seconds of [RESUME_SECONDS.typical, RESUME_SECONDS.afterOneDay, 39]) {
        const { dataApi, elapsedSeconds } = resumingDatabase(seconds, { patienceMs: RESUME_MS, refusal });
        expect(await dataApi.query(STATEMENT)).toEqual([1]);
        expect(elapsedSeconds()).toBe(seconds);
      }
    },
  );

  it.each(REFUSALS)(
    'for 40 s is reported as resuming before the patience of 25 s ends: %j',
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

  it('is reported as resuming by a function without patience', async () => {
    const { dataApi } = resumingDatabase(15, { patienceMs: 1_000 });
    await expect(dataApi.query(STATEMENT)).rejects.toMatchObject({ isResuming: true, applied: 'no' });
  });

  it('is waited for if it stops responding in between', async () => {
    const { dataApi } = resumingDatabase(30, { patienceMs: RESUME_MS, hangs: true });
    expect(await dataApi.query(STATEMENT)).toEqual([1]);
    const impatient = resumingDatabase(40, { patienceMs: 15_000, hangs: true });
    await expect(impatient.dataApi.query(STATEMENT)).rejects.toMatchObject({
      isResuming: true,
      applied: 'unknown',
    });
  });

  it('is not the reason if the Data API cancels a statement that takes too long', async () => {
    const canceled = {
      error: 'StatementTimeoutException',
      message: 'ERROR: canceling statement due to user request',
    };
    const { dataApi } = resumingDatabase(15, { patienceMs: RESUME_MS, refusal: canceled });
    await expect(dataApi.query(STATEMENT)).rejects.toMatchObject({ isResuming: false, applied: 'unknown' });
  });
});

describe('the time of a statement', () => {
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
          handle(_request: unknown, { abortSignal, requestTimeout = 8_000 }: HttpHandlerOptions) {
            sent.push(performance.now() - startedAt);
            return new Promise((_resolve, reject) => {
              const fail = (name: string) => () => {
                reject(Object.assign(new Error('No response.'), { name }));
              };
              setTimeout(fail('TimeoutError'), requestTimeout);
              (abortSignal as AbortSignal | undefined)?.addEventListener('abort', fail('AbortError'));
            });
          },
        } as never,
      });
      const dataApi = createDataApi({
        client,
        ...{ clusterArn: 'cluster', secretArn: 'secret', database: 'errand', patienceMs: () => 0 },
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

  it('is 8 s, and it is sent three times', async () => {
    const { sent, seconds, failure } = await unanswered(STATEMENT);
    expect(failure).toMatchObject(unknown);
    expect({ sent, seconds }).toEqual({ sent: 3, seconds: 24 });
  });

  it('ends with the time of its function', async () => {
    const { sent, seconds, failure } = await unanswered(STATEMENT, () => 13_000);
    expect(failure).toMatchObject(unknown);
    expect({ sent, seconds }).toEqual({ sent: 2, seconds: 13 });
  });

  it('is that of the Data API if it is slow, and it is sent once: the Data API is still running it', async () => {
    const { sent, seconds, failure } = await unanswered({ ...STATEMENT, isSlow: true });
    expect(failure).toMatchObject(unknown);
    expect({ sent, seconds }).toEqual({ sent: 1, seconds: 47 });
  });

  it('ends with the time of its function, also if it is slow', async () => {
    const { sent, seconds, failure } = await unanswered({ ...STATEMENT, isSlow: true }, () => 25_000);
    expect(failure).toMatchObject(unknown);
    expect({ sent, seconds }).toEqual({ sent: 1, seconds: 25 });
  });

  it('is that of a slow statement for prunings, lists and counts', () => {
    for (const { isSlow } of [PRUNE, listJobs([]), listMessages([]), COUNT_JOBS, TAKE_OVERDUE]) {
      expect(isSlow).toBe(true);
    }
  });
});

describe('patience', () => {
  it.each([
    [{ error: 'DatabaseResumingException' }],
    [NO_CONNECTION],
    [sqlError('40001')],
    [sqlError('57P01')],
  ])('waits for the database: %j', async (answer) => {
    const { dataApi, sent } = dataApiThat([answer, { rows: ['1'] }], 2_000);
    expect(await dataApi.query(STATEMENT)).toEqual([1]);
    expect(sent).toHaveLength(2);
  });

  it('ends before the time that is given', async () => {
    const { dataApi, sent } = dataApiThat([{ error: 'DatabaseResumingException' }], 1_200);
    const startedAt = performance.now();
    await expect(dataApi.query(STATEMENT)).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(performance.now() - startedAt).toBeLessThan(1_200);
    expect(sent).toHaveLength(3);
  });

  it('of none asks once', async () => {
    const { dataApi, sent } = dataApiThat([{ error: 'DatabaseResumingException' }], 0);
    await expect(dataApi.query(STATEMENT)).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(sent).toHaveLength(1);
  });
});
