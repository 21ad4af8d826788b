import { countBulk, submitBulk } from './bulk.ts';
import { systemClock } from './clock.ts';
import { fromEnvironment } from './environment.ts';
import { batchHandle, listBatches } from './batch.ts';
import type { Errand } from './errand.ts';
import type { ManyOutcome, ManySubmission } from './many.ts';
import { connect, type ApiKey, type Fetch } from './http-client.ts';
import type { JobTypesOf } from './job-types.ts';
import { listAudit } from './list-audit.ts';
import { listJobs } from './list-jobs.ts';
import { readLog } from './read-log.ts';
import { jobHandle, runOf, type JobHandle } from './run.ts';
import { listChildren, listSteps, sendSignal } from './steps.ts';
import { submit, submitFile } from './submit.ts';
import { submitMany, type ManyOptions } from './submit-many.ts';
import { toSubmission } from './submission.ts';
import { upload } from './upload.ts';

export type { BulkAction, BulkOptions, BulkResult, BulkRun } from './bulk.ts';
export type { BatchHandle, CloseOptions, ListBatchesOptions, OnComplete } from './batch.ts';
export type { Errand, SubmitOptions } from './errand.ts';
export type { ManyOutcome, ManySubmission } from './many.ts';
export { groupFailures, type FailedJob, type FailureGroup } from './group-failures.ts';
export { CLIENT_ERRORS, dataOf, ErrandError } from './errand-error.ts';
export type { ApiKey, Fetch, HttpClient, RequestOptions, Schema, paths } from './http-client.ts';
export type { AsJson, BuiltInJobTypes, JobTypesOf } from './job-types.ts';
export type { AuditOptions } from './list-audit.ts';
export type { JobFilter, ListOptions } from './list-jobs.ts';
export type { LogLine, LogOptions } from './read-log.ts';
export type { Job, JobHandle, Run } from './run.ts';
export type { ChildrenOptions, SignalOptions } from './steps.ts';
export type { RateLimit, SubmissionOptions } from './submission.ts';
export type { WaitOptions } from './wait-for-end.ts';

export interface ErrandOptions {
  /**
   * The API's URL: the stack's `ApiUrl` output, or `http://127.0.0.1:3000` for `errand dev`.
   *
   * @default - the URL in ERRAND_URL, with the key from ERRAND_API_KEY or ERRAND_API_KEY_SECRET_ARN
   */
  readonly url?: string | undefined;
  /**
   * The API key, or the token for AUTH=jwt. If you pass a function, the client calls it for each request to get the current key or token.
   *
   * @default - none, unless the URL comes from the environment
   */
  readonly apiKey?: ApiKey | undefined;
  /**
   * Sends the requests. For an API with AUTH=iam, pass a function that signs each request.
   *
   * @default globalThis.fetch
   */
  readonly fetch?: Fetch | undefined;
  /**
   * The maximum number of retries per request. The client retries after 429 and, if the request is idempotent, also after 502, 503, 504 and
   * failed connections. Before a retry, it waits as long as `Retry-After` says, or uses exponential back-off. While a paused database
   * resumes, the client retries every request for 90 seconds, unless `retries` is 0.
   *
   * @default 4
   */
  readonly retries?: number | undefined;
}

const DEFAULT_RETRIES = 4;

type AnyTypes = Record<string, { payload: unknown; result: unknown }>;

/**
 * Creates a client. The type parameter is the module that exports your jobs; the client imports only its types.
 *
 * @example
 * const errand = createErrand<typeof import('./jobs')>({ url, apiKey });
 * const run = await errand.submit('resize', { image, width: 800 }, { objectId: image });
 * const { bytes } = await run.result();
 *
 * @throws TypeError without a valid URL
 */
export function createErrand<Module = unknown>(options: ErrandOptions = {}): Errand<JobTypesOf<Module>> {
  const { fetch, retries: limit = DEFAULT_RETRIES } = options;
  const { url, apiKey } =
    options.url === undefined
      ? { ...fromEnvironment(systemClock.now), ...given(options.apiKey) }
      : { url: options.url, apiKey: options.apiKey };
  if (!URL.canParse(url))
    throw new TypeError(`createErrand: url "${url}" is not a URL such as https://example.com.`);
  const connection = connect({ url, apiKey, fetch, retries: { limit, clock: systemClock } });
  const handle = (jobId: string): JobHandle => jobHandle(connection, jobId);
  const many = async (
    submissions: readonly ManySubmission<AnyTypes>[],
    manyOptions: ManyOptions,
  ): Promise<ManyOutcome<unknown>[]> => {
    const outcomes = await submitMany(
      connection,
      submissions.map(({ type, payload, ...rest }) => toSubmission(type, payload, rest)),
      manyOptions,
    );
    return outcomes.map((outcome) =>
      outcome instanceof Error ? { error: outcome } : { run: runOf(connection, outcome) },
    );
  };
  // At run time, any type with any payload is allowed, because the type parameter exists only for the compiler.
  const errand: Errand<AnyTypes> = {
    http: connection.http,
    async submit(type, payload, submitOptions = {}) {
      return runOf(
        connection,
        await submit(connection, toSubmission(type, payload, submitOptions), submitOptions),
      );
    },
    async submitFile(type, file, payload, submitOptions = {}) {
      const submission = toSubmission(type, payload, submitOptions);
      return runOf(connection, await submitFile(connection, submission, file, submitOptions));
    },
    submitMany: async (submissions, requestOptions = {}) =>
      (await many(submissions, requestOptions)) as never,
    batch: (batchId) => ({
      ...batchHandle(connection, batchId),
      submitMany: (submissions, requestOptions) => many(submissions, { ...requestOptions, batchId }),
    }),
    batches: (listOptions) => listBatches(connection, listOptions),
    upload: (file, requestOptions) => upload(connection, file, requestOptions),
    run: (_type, jobId) => jobHandle(connection, jobId),
    get: (jobId, requestOptions) => handle(jobId).get(requestOptions),
    wait: (jobId, waitOptions) => handle(jobId).wait(waitOptions),
    cancel: (jobId, requestOptions) => handle(jobId).cancel(requestOptions),
    retry: (jobId, requestOptions) => handle(jobId).retry(requestOptions),
    signal: (jobId, name, payload, signalOptions) =>
      sendSignal(connection, jobId, name, payload ?? null, signalOptions),
    steps: (jobId, requestOptions) => listSteps(connection, jobId, requestOptions),
    children: (jobId, childrenOptions) => listChildren(connection, jobId, childrenOptions),
    bulk: (action, filter, bulkOptions) => submitBulk(connection, action, filter, bulkOptions),
    countBulk: (action, filter, requestOptions) => countBulk(connection, action, filter, requestOptions),
    list: (listOptions) => listJobs(connection, listOptions),
    audit: (auditOptions) => listAudit(connection, auditOptions),
    logs: (jobId, logOptions) => readLog(connection, jobId, logOptions),
  };
  return errand;
}

/** Returns the explicitly passed key, if any, which overrides the key from the environment. */
function given(apiKey: ApiKey | undefined): { apiKey?: ApiKey } {
  return apiKey === undefined ? {} : { apiKey };
}
