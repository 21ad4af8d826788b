import type { Signals } from './job-types.ts';
import { sendSignal, type SignalOptions } from './steps.ts';
import { CLIENT_ERRORS, dataOf, ErrandError } from './errand-error.ts';
import type { Connection, RequestOptions, Schema } from './http-client.ts';
import { waitForEnd, type WaitOptions } from './wait-for-end.ts';

/** A job. The job's result is null until the job has succeeded. */
export type Job<Result = unknown> = Omit<Schema<'Job'>, 'result'> & { readonly result: Result | null };

/** The payload is optional if null is a valid payload. Without a payload, the client sends null. */
type SignalParameters<Payload> = null extends Payload
  ? [payload?: Payload, options?: SignalOptions]
  : [payload: Payload, options?: SignalOptions];

/** A job that you can read, wait for, cancel, retry, and send signals to. */
export interface JobHandle<Result = unknown, OwnSignals = Signals> {
  readonly jobId: string;
  get(options?: RequestOptions): Promise<Job<Result>>;
  /** Waits until the job has ended or `timeoutSeconds` have elapsed, and returns the job in its current state. */
  wait(options?: WaitOptions): Promise<Job<Result>>;
  /**
   * Waits until the job has ended, and returns the job's result.
   *
   * @throws ErrandError if the job failed, was canceled, or has not ended after `timeoutSeconds`
   */
  result(options?: WaitOptions): Promise<Result>;
  /** Cancels the job. A waiting job is canceled immediately. A running job is asked to stop. */
  cancel(options?: RequestOptions): Promise<Job<Result>>;
  /** Retries a failed or canceled job. */
  retry(options?: RequestOptions): Promise<Job<Result>>;
  /** Sends a signal to the job. The job's handler receives the signal through `step.waitForSignal`. */
  signal<Name extends keyof OwnSignals & string>(
    name: Name,
    ...parameters: SignalParameters<OwnSignals[Name]>
  ): Promise<Schema<'SentSignal'>>;
}

/** A job that you submitted. */
export interface Run<Result = unknown, OwnSignals = Signals> extends JobHandle<Result, OwnSignals> {
  /** Whether the submission was a duplicate: this job already held the object's dedup window. */
  readonly deduplicated: boolean;
  /** Whether this submission replaced the job's payload and options: see `onDuplicate` and `debounce`. */
  readonly replaced: boolean;
  /**
   * When the object's dedup window ends; null without an `objectId`. A debounced job's window ends at the job's current due time.
   */
  readonly windowEndsAt: string | null;
  /** The job as the API returned it; `submitMany` returns jobs without their payloads or results. */
  readonly job: Schema<'SubmittedJob'> | Schema<'SubmittedSummary'>;
}

/** Creates a handle on a job. The caller provides the type of the job's result. */
export function jobHandle<Result>(connection: Connection, jobId: string): JobHandle<Result> {
  const { http, idempotent } = connection;
  const params = { path: { job_id: jobId } };
  const init = ({ signal }: RequestOptions = {}) => ({ params, ...(signal && { signal }) });
  const wait = async (options?: WaitOptions): Promise<Job<Result>> =>
    (await waitForEnd(connection, jobId, options)) as Job<Result>;
  return {
    jobId,
    wait,
    signal: (name, payload?: unknown, options?: SignalOptions) =>
      sendSignal(connection, jobId, name, payload ?? null, options),
    async get(options) {
      return dataOf(await http.GET('/v1/jobs/{job_id}', init(options))) as Job<Result>;
    },
    async result(options) {
      return resultOf(await wait(options));
    },
    async cancel(options) {
      const answer = await http.POST('/v1/jobs/{job_id}/cancel', { ...init(options), ...idempotent });
      return dataOf(answer) as Job<Result>;
    },
    async retry(options) {
      // This request is not idempotent. If the retried job quickly failed again, a second request would retry the job once more.
      return dataOf(await http.POST('/v1/jobs/{job_id}/retry', init(options))) as Job<Result>;
    },
  };
}

export function runOf<Result>(connection: Connection, job: Run['job']): Run<Result> {
  const { job_id: jobId, deduplicated, replaced, window_ends_at: windowEndsAt } = job;
  return { ...jobHandle<Result>(connection, jobId), deduplicated, replaced, windowEndsAt, job };
}

/** @throws ErrandError if the job has not succeeded */
function resultOf<Result>(job: Job<Result>): Result {
  const { job_id: id, type, status, attempt, max_attempts: attempts, message } = job;
  const name = `Job ${id} of type "${type}"`;
  const fail = (errorType: string, title: string, detail: string): never => {
    throw new ErrandError(errorType, title, detail, { job: job });
  };
  switch (status) {
    case 'success':
      return job.result as Result;
    case 'failed': {
      const detail = `${name} failed after attempt ${attempt} of ${attempts}: ${message ?? 'no reason given'}`;
      return fail(CLIENT_ERRORS.jobFailed, 'The job failed', detail);
    }
    case 'canceled':
      return fail(CLIENT_ERRORS.jobCanceled, 'The job was canceled', `${name} was canceled.`);
    case 'created':
    case 'running': {
      const detail = `${name} has not ended within the timeout; its status is ${status}.`;
      return fail(CLIENT_ERRORS.jobNotEnded, 'The job has not ended', detail);
    }
  }
}
