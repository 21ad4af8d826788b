import { systemClock } from './clock.ts';
import { fromEnvironment } from './environment.ts';
import type { ErrandError } from './errand-error.ts';
import { connect, type ApiKey, type Fetch, type HttpClient, type Schema } from './http-client.ts';
import type { Empty, JobResult, JobTypesOf, PayloadOf, PayloadProperty, TypeName } from './job-types.ts';
import { listJobs, type ListOptions } from './list-jobs.ts';
import { jobHandle, runOf, type Job, type JobHandle, type RequestOptions, type Run } from './run.ts';
import { submit, submitFile } from './submit.ts';
import { submitMany } from './submit-many.ts';
import { toSubmission, type SubmissionOptions } from './submission.ts';
import { upload } from './upload.ts';
import type { WaitOptions } from './wait-for-end.ts';

export { CLIENT_ERRORS, dataOf, ErrandError } from './errand-error.ts';
export type { ApiKey, Fetch, HttpClient, Schema, paths } from './http-client.ts';
export type { AsJson, BuiltInJobTypes, JobTypesOf } from './job-types.ts';
export type { ListOptions } from './list-jobs.ts';
export type { Job, JobHandle, RequestOptions, Run } from './run.ts';
export type { SubmissionOptions } from './submission.ts';
export type { WaitOptions } from './wait-for-end.ts';

export interface ErrandOptions {
  /**
   * Where the API is: the stack's output `ApiUrl`, or `http://127.0.0.1:3000`.
   *
   * @default - ERRAND_URL, with the key of ERRAND_API_KEY or ERRAND_API_KEY_SECRET_ARN
   */
  readonly url?: string | undefined;
  /**
   * The API key, or the token for AUTH=jwt; a function returns the current one for each request.
   *
   * @default - none, unless the URL comes from the environment
   */
  readonly apiKey?: ApiKey | undefined;
  /**
   * Sends the requests. For an API with AUTH=iam, give one that signs them.
   *
   * @default globalThis.fetch
   */
  readonly fetch?: Fetch | undefined;
  /**
   * How often the client repeats a request at most. It repeats 429, and if the request is idempotent also 502, 503, 504
   * and failed connections, after `Retry-After` or a growing pause.
   *
   * @default 4
   */
  readonly retries?: number | undefined;
}

export type SubmitOptions = SubmissionOptions & RequestOptions;

/** One submission of `submitMany`. */
export type ManySubmission<Types> = {
  [Type in TypeName<Types>]: { readonly type: Type } & PayloadProperty<PayloadOf<Types, Type>> &
    SubmissionOptions;
}[TypeName<Types>];

/** What became of one submission of `submitMany`. */
export type ManyOutcome<Result> =
  | { readonly run: Run<Result>; readonly error?: undefined }
  | { readonly run?: undefined; readonly error: ErrandError };

/** The payload may be left out if `{}` is a valid one. */
type SubmitParameters<Payload> = Empty extends Payload
  ? [payload?: Payload, options?: SubmitOptions]
  : [payload: Payload, options?: SubmitOptions];

/** A client of one Errand API. Every method rejects with an {@link ErrandError}, or with the reason of your signal. */
export interface Errand<Types = JobTypesOf<unknown>> {
  /**
   * Submits a job.
   *
   * A submission without `objectId` is not idempotent: if its response is lost, the client does not repeat it, and the
   * error says that Errand may have received the request.
   */
  submit<Type extends TypeName<Types>>(
    type: Type,
    ...parameters: SubmitParameters<PayloadOf<Types, Type>>
  ): Promise<Run<JobResult<Types, Type>>>;

  /** Submits a job on a file, of up to 5 GiB. The file's key becomes `payload.file`. */
  submitFile<Type extends TypeName<Types>>(
    type: Type,
    file: Blob,
    payload?: Omit<PayloadOf<Types, Type>, 'file'>,
    options?: SubmitOptions,
  ): Promise<Run<JobResult<Types, Type>>>;

  /**
   * Submits any number of jobs, 100 per request. A refused one does not affect the others: each has its own outcome, in
   * order.
   */
  submitMany<const Submissions extends readonly ManySubmission<Types>[]>(
    submissions: Submissions,
    options?: RequestOptions,
  ): Promise<{
    -readonly [Index in keyof Submissions]: ManyOutcome<
      JobResult<Types, Submissions[Index]['type'] & TypeName<Types>>
    >;
  }>;

  /** Uploads a file of up to 5 GiB, and returns its key for payloads. */
  upload(file: Blob, options?: RequestOptions): Promise<string>;

  /** A handle on a job of this type that was submitted elsewhere. */
  run<Type extends TypeName<Types>>(type: Type, jobId: string): JobHandle<JobResult<Types, Type>>;

  get(jobId: string, options?: RequestOptions): Promise<Job>;
  wait(jobId: string, options?: WaitOptions): Promise<Job>;
  cancel(jobId: string, options?: RequestOptions): Promise<Job>;
  retry(jobId: string, options?: RequestOptions): Promise<Job>;

  /** The jobs that pass all filters, newest first: `for await (const job of errand.list({ status: 'failed' }))`. */
  list(options?: ListOptions): AsyncIterableIterator<Schema<'JobSummary'>>;

  /** Every operation of the API, typed by its OpenAPI document. `dataOf(await errand.http.GET('/v1/stats'))`. */
  readonly http: HttpClient;
}

const DEFAULT_RETRIES = 4;

/**
 * Creates a client. Its type parameter is the module of your jobs, of which only types are imported.
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
  const errand: Errand<Record<string, { payload: unknown; result: unknown }>> = {
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
    async submitMany(submissions, requestOptions = {}) {
      const outcomes = await submitMany(
        connection,
        submissions.map(({ type, payload, ...rest }) => toSubmission(type, payload, rest)),
        requestOptions,
      );
      return outcomes.map((outcome) =>
        outcome instanceof Error ? { error: outcome } : { run: runOf(connection, outcome) },
      ) as never;
    },
    upload: (file, requestOptions) => upload(connection, file, requestOptions),
    run: (_type, jobId) => jobHandle(connection, jobId),
    get: (jobId, requestOptions) => handle(jobId).get(requestOptions),
    wait: (jobId, waitOptions) => handle(jobId).wait(waitOptions),
    cancel: (jobId, requestOptions) => handle(jobId).cancel(requestOptions),
    retry: (jobId, requestOptions) => handle(jobId).retry(requestOptions),
    list: (listOptions) => listJobs(connection, listOptions),
  };
  return errand;
}

/** A key that was given takes the place of the environment's. */
function given(apiKey: ApiKey | undefined): { apiKey?: ApiKey } {
  return apiKey === undefined ? {} : { apiKey };
}
