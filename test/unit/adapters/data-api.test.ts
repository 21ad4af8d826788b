import { RDSDataClient } from '@aws-sdk/client-rds-data';
import { describe, expect, it } from '@jest/globals';
import { createDataApi, type DataApi, type Parameter } from '../../../lambdas/adapters/aurora/data-api.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import { NO_CONNECTION, STATEMENT, toResponse, type Answer } from './fake-data-api.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { virtualClock } from '../../helpers/virtual-clock.ts';

interface Sent {
  path: string;
  body: Record<string, unknown>;
}

/**
 * Creates a `DataApi` on the real SDK client with a stubbed HTTP handler. The handler returns the test's responses in order, and then repeats the
 * last one. Pauses take no real time.
 */
function dataApiThat(
  answers: readonly Answer[],
  patienceMs = 0,
): { dataApi: DataApi; sent: Sent[]; elapsedMs: () => number } {
  const sent: Sent[] = [];
  const clock = virtualClock();
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
    log: createRecordingLog(),
    patienceMs: () => patienceMs,
    clock,
  };
  return { dataApi: createDataApi({ client, ...options }), sent, elapsedMs: clock.elapsedMs };
}

const sqlError = (state: string): Answer => ({
  error: 'DatabaseErrorException',
  message: `ERROR: something; SQLState: ${state}`,
});

/** Executes a statement to which the Data API responds with `answers`, and returns the error. */
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
  it('is sent with its parameters, each with its type', async () => {
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

  it('returns the document in each row, or its text', async () => {
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

  it('may have been applied if the SDK had sent it before with an unknown outcome', async () => {
    for (const first of ['timeout' as const, { error: 'InternalServerErrorException', status: 500 }]) {
      expect(await failureOf([first, { error: 'DatabaseResumingException' }])).toMatchObject({
        applied: 'unknown',
      });
      expect(await failureOf([first, sqlError('40P01')])).toMatchObject({ applied: 'unknown' });
    }
  });

  it('may have been applied if a connection was lost and the database is not back in time', async () => {
    const failure = await failureOf([sqlError('57P01'), { error: 'DatabaseResumingException' }], 700);
    expect(failure).toMatchObject({ applied: 'unknown' });
  });

  it.each([
    [sqlError('23514')],
    [sqlError('42601')],
    [{ error: 'BadRequestException' }],
    [{ error: 'UnsupportedResultException' }],
  ])('because of a bug in Errand names the statement, and is not retried: %j', async (answer) => {
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
  ])('is reported without the values that Postgres quotes: %j', async (message) => {
    const { dataApi } = dataApiThat([{ error: 'DatabaseErrorException', message }]);
    const failure = (await dataApi.query(STATEMENT).catch((error: unknown) => error)) as Error;
    const cause = failure.cause as Error;
    expect(cause.message).toMatch(/^DatabaseErrorException: (SQLState: 2[23]\w{3}|ERROR: cannot do this)$/);
    expect(`${failure.stack} ${cause.stack} ${String(cause.cause)}`).not.toContain('canary');
  });

  it('is reported with Postgres’s message about the statement itself', async () => {
    const message = 'ERROR: column "a" does not exist; Position: 8; SQLState: 42703';
    const { dataApi } = dataApiThat([{ error: 'DatabaseErrorException', message }]);
    await expect(dataApi.query(STATEMENT)).rejects.toMatchObject({
      cause: { message: `DatabaseErrorException: ${message}` },
    });
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

  it('ends before its time limit', async () => {
    const { dataApi, sent, elapsedMs } = dataApiThat([{ error: 'DatabaseResumingException' }], 1_200);
    await expect(dataApi.query(STATEMENT)).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(elapsedMs()).toBeLessThan(1_200);
    expect(sent).toHaveLength(3);
  });

  it('of zero sends the statement once', async () => {
    const { dataApi, sent } = dataApiThat([{ error: 'DatabaseResumingException' }], 0);
    await expect(dataApi.query(STATEMENT)).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(sent).toHaveLength(1);
  });
});
