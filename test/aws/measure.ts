import {
  InvokeCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { createErrand, type Errand } from 'errand-client';
import { quantile } from '../../tools/benchmarks/statistics.ts';
import type { MeasurementRequest, MeasurementResponse } from './measurement-function.ts';

/** The median and 99th percentile of durations, in milliseconds, and the number of measurements. */
export interface Times {
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
}

export interface Measurements {
  /** The duration of `SELECT 1` through the Data API, from within a Lambda function. */
  readonly dataApi: Times;
  /** The Init Duration that Lambda reports, keyed by function; undefined if Lambda reports none. */
  readonly coldStarts: Readonly<Record<'api' | 'worker', Times | undefined>>;
  /** The time from a job's creation to its end, according to Errand's timestamps. */
  readonly submitToSuccess: Times;
  /** The time from a submission's request to its response, as measured by the client. It includes the network. */
  readonly submission: Times;
  /** The duration of the first statement after a pause; undefined if the database did not pause. */
  readonly resume: number | undefined;
}

export interface MeasureOptions {
  /** The configuration of the SDK's clients. */
  readonly configuration: object;
  readonly outputs: Readonly<Record<string, string>>;
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly rounds: Rounds;
  /** Waits long enough for the database to pause. */
  readonly pause: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** The number of measurements for each figure. */
export interface Rounds {
  readonly statements: number;
  readonly coldStarts: number;
  readonly jobs: number;
}

export const ROUNDS: Rounds = { statements: 500, coldStarts: 5, jobs: 50 };

/** A statement that takes longer than this, in milliseconds, had to wait for the database to resume. Other statements take tens of milliseconds. */
const RESUMED_AFTER_MS = 1_500;

/** Measures a deployed stack. The resume time is measured last, because every other measurement keeps the database awake. */
export async function measure(options: MeasureOptions): Promise<Measurements> {
  const { configuration, outputs, apiUrl, apiKey, rounds, pause, signal } = options;
  const lambda = new LambdaClient(configuration);
  const errand = createErrand({ url: apiUrl, apiKey });
  try {
    const dataApi = times(await callMeasurement(lambda, outputs, { statements: rounds.statements }, signal));
    const jobs = await runJobs(errand, rounds.jobs, signal);
    const coldStarts = {
      api: await coldStartsOf(lambda, outputs.ApiFunctionName, API_EVENT, rounds.coldStarts, signal),
      worker: await coldStartsOf(
        lambda,
        outputs.WorkerFunctionName,
        { Records: [] },
        rounds.coldStarts,
        signal,
      ),
    };
    await pause();
    const [resume = 0] = await callMeasurement(lambda, outputs, { untilFirstSuccess: true }, signal);
    return { dataApi, coldStarts, ...jobs, resume: resume > RESUMED_AFTER_MS ? resume : undefined };
  } finally {
    lambda.destroy();
  }
}

async function callMeasurement(
  lambda: LambdaClient,
  { MeasurementFunctionName }: Readonly<Record<string, string>>,
  request: MeasurementRequest,
  abortSignal: AbortSignal,
): Promise<readonly number[]> {
  const invoke = new InvokeCommand({
    FunctionName: MeasurementFunctionName,
    Payload: Buffer.from(JSON.stringify(request)),
  });
  const { Payload, FunctionError } = await lambda.send(invoke, { abortSignal });
  const text = Buffer.from(Payload ?? []).toString();
  if (FunctionError !== undefined) throw new Error(`The measuring function failed: ${text}`);
  return (JSON.parse(text) as MeasurementResponse).milliseconds;
}

/** Submits empty jobs, one after another, and measures their durations. */
async function runJobs(
  errand: Errand,
  count: number,
  signal: AbortSignal,
): Promise<Pick<Measurements, 'submission' | 'submitToSuccess'>> {
  const submissions: number[] = [];
  const ends: number[] = [];
  for (let index = 0; index < count; index += 1) {
    signal.throwIfAborted();
    const startedAt = performance.now();
    const run = await errand.submit('sleep', { seconds: 0 });
    submissions.push(performance.now() - startedAt);
    const job = await errand.wait(run.jobId, { timeoutSeconds: 120 });
    if (job.status !== 'success' || job.end_time === null)
      throw new Error(`The job ${job.job_id} ended as ${job.status}.`);
    ends.push(Date.parse(job.end_time) - Date.parse(job.create_time));
  }
  return { submission: times(submissions), submitToSuccess: times(ends) };
}

/**
 * An event for `GET /health-alive`:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
const API_EVENT = {
  version: '2.0',
  routeKey: 'GET /health-alive',
  rawPath: '/health-alive',
  rawQueryString: '',
  headers: {},
  requestContext: {
    http: { method: 'GET', path: '/health-alive', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
    requestId: 'cold-start',
    routeKey: 'GET /health-alive',
    stage: '$default',
    timeEpoch: 0,
  },
  isBase64Encoded: false,
};

/**
 * Measures cold starts. Changes the function's description before each invocation, so that Lambda starts a new execution environment.
 */
async function coldStartsOf(
  client: LambdaClient,
  FunctionName: string | undefined,
  event: object,
  count: number,
  abortSignal: AbortSignal,
): Promise<Times | undefined> {
  const durations: number[] = [];
  for (let round = 1; round <= count; round += 1) {
    const Description = `Cold start ${round} of ${count}`;
    await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description }), { abortSignal });
    await waitUntilFunctionUpdatedV2({ client, maxWaitTime: 120, minDelay: 1 }, { FunctionName });
    const { LogResult = '' } = await client.send(
      new InvokeCommand({ FunctionName, LogType: 'Tail', Payload: Buffer.from(JSON.stringify(event)) }),
      { abortSignal },
    );
    const duration = initDuration(Buffer.from(LogResult, 'base64').toString());
    if (duration !== undefined) durations.push(duration);
  }
  return durations.length === 0 ? undefined : times(durations);
}

/**
 * Returns the Init Duration in a log's REPORT line, in milliseconds; undefined if the function was warm. The line is plain
 * text, or JSON if the function logs JSON: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
 */
export function initDuration(log: string): number | undefined {
  const [, text] =
    /\tInit Duration: ([\d.]+) ms/.exec(log) ?? /"initDurationMs"\s*:\s*([\d.]+)/.exec(log) ?? [];
  return text === undefined ? undefined : Number(text);
}

function times(milliseconds: readonly number[]): Times {
  return { p50: quantile(milliseconds, 0.5), p99: quantile(milliseconds, 0.99), count: milliseconds.length };
}
