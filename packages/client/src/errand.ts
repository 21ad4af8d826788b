import type { BulkAction, BulkOptions, BulkRun } from './bulk.ts';
import type { BatchHandle, ListBatchesOptions } from './batch.ts';
import type { HttpClient, RequestOptions, Schema } from './http-client.ts';
import type { Empty, JobResult, JobSignals, JobTypesOf, PayloadOf, TypeName } from './job-types.ts';
import type { ManyOutcome, ManySubmission } from './many.ts';
import type { AuditOptions } from './list-audit.ts';
import type { JobFilter, ListOptions } from './list-jobs.ts';
import type { LogLine, LogOptions } from './read-log.ts';
import type { Job, JobHandle, Run } from './run.ts';
import type { ChildrenOptions, SignalOptions } from './steps.ts';
import type { SubmissionOptions } from './submission.ts';
import type { WaitOptions } from './wait-for-end.ts';

export type SubmitOptions = SubmissionOptions & RequestOptions;

/** The payload is optional if `{}` is a valid payload. */
type SubmitParameters<Payload> = Empty extends Payload
  ? [payload?: Payload, options?: SubmitOptions]
  : [payload: Payload, options?: SubmitOptions];

/**
 * A client for one Errand API. Every method can reject with an {@link ErrandError}, with your signal's reason, or with an error from your `apiKey`
 * function.
 */
export interface Errand<Types = JobTypesOf<unknown>> {
  /**
   * Submits a job.
   *
   * A submission without `objectId` is not idempotent: if its response is lost, the client does not retry it, and the error says
   * that Errand may have received the request.
   */
  submit<Type extends TypeName<Types>>(
    type: Type,
    ...parameters: SubmitParameters<PayloadOf<Types, Type>>
  ): Promise<Run<JobResult<Types, Type>, JobSignals<Types, Type>>>;

  /** Submits a job with a file of up to 5 GiB. The file's key becomes `payload.file`. */
  submitFile<Type extends TypeName<Types>>(
    type: Type,
    file: Blob,
    payload?: Omit<PayloadOf<Types, Type>, 'file'>,
    options?: SubmitOptions,
  ): Promise<Run<JobResult<Types, Type>, JobSignals<Types, Type>>>;

  /**
   * Submits any number of jobs, up to 100 per request. Returns one outcome per submission, in order. A refused submission does not affect the
   * other submissions.
   */
  submitMany<const Submissions extends readonly ManySubmission<Types>[]>(
    submissions: Submissions,
    options?: RequestOptions,
  ): Promise<{
    -readonly [Index in keyof Submissions]: ManyOutcome<
      JobResult<Types, Submissions[Index]['type'] & TypeName<Types>>,
      JobSignals<Types, Submissions[Index]['type'] & TypeName<Types>>
    >;
  }>;

  /**
   * Returns a handle on a batch: jobs that are counted together, and a job that runs after all of them have ended. You choose the batch's ID. This
   * call sends no request.
   *
   * @example const batch = errand.batch('import-42'); await batch.submitMany(rows.map((row) => ({ type: 'importRow', payload:
   *   row, objectId: row.id }))); await batch.close({ onComplete: { type: 'report', payload: { batch: 'import-42' } } });
   */
  batch(batchId: string): BatchHandle<Types>;

  /** Lists the batches, newest first. */
  batches(options?: ListBatchesOptions): AsyncIterableIterator<Schema<'Batch'>>;

  /** Uploads a file of up to 5 GiB, and returns the key to use in payloads. */
  upload(file: Blob, options?: RequestOptions): Promise<string>;

  /** Returns a handle on a job that was submitted elsewhere. This call sends no request. `type` affects only the TypeScript types. */
  run<Type extends TypeName<Types>>(
    type: Type,
    jobId: string,
  ): JobHandle<JobResult<Types, Type>, JobSignals<Types, Type>>;

  get(jobId: string, options?: RequestOptions): Promise<Job>;
  wait(jobId: string, options?: WaitOptions): Promise<Job>;
  cancel(jobId: string, options?: RequestOptions): Promise<Job>;
  retry(jobId: string, options?: RequestOptions): Promise<Job>;

  /** Sends a signal to a job. For typed signals, use a handle on the job: `errand.run(type, jobId).signal(name, payload)`. */
  signal(
    jobId: string,
    name: string,
    payload?: unknown,
    options?: SignalOptions,
  ): Promise<Schema<'SentSignal'>>;

  /** Lists the job's steps, in the order in which they were first recorded. */
  steps(jobId: string, options?: RequestOptions): AsyncIterableIterator<Schema<'Step'>>;

  /** Lists the child jobs that the job's steps have submitted, newest first. */
  children(jobId: string, options?: ChildrenOptions): AsyncIterableIterator<Schema<'JobSummary'>>;

  /**
   * Lists the lines that the job's handler has logged: `for await (const { message } of errand.logs(jobId, { follow: true }))`.
   */
  logs(jobId: string, options?: LogOptions): AsyncIterableIterator<LogLine>;

  /**
   * Lists the jobs that match all filters, newest first: `for await (const job of errand.list({ status: 'failed', tag: 'nightly'
   * }))`.
   */
  list(options?: ListOptions): AsyncIterableIterator<Schema<'JobSummary'>>;

  /**
   * Submits a `bulk` job, which cancels, retries or deletes all jobs that match the filter: `await (await errand.bulk('retry', {
   * status: 'failed', tag: 'nightly' })).result()`. The request is not idempotent, so the client does not retry it after a lost response.
   */
  bulk(action: BulkAction, filter: JobFilter, options?: BulkOptions): Promise<BulkRun>;

  /** Counts the jobs that a bulk job would change, without changing them. Large counts are approximate. */
  countBulk(action: BulkAction, filter: JobFilter, options?: RequestOptions): Promise<Schema<'BulkCount'>>;

  /**
   * Lists the audit entries, which say who changed what, newest first: `for await (const entry of errand.audit({ jobId }))`. Needs the `admin` scope.
   */
  audit(options?: AuditOptions): AsyncIterableIterator<Schema<'AuditEntry'>>;

  /** All of the API's operations, typed by its OpenAPI document. For example, `dataOf(await errand.http.GET('/v1/stats'))`. */
  readonly http: HttpClient;
}
