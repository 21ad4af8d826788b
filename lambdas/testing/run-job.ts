import type { JobDefinition } from '../job/definition.ts';
import { asJson } from './as-json.ts';
import { createMemoryJob, type JobSetup } from './memory-job.ts';
import { runMemoryAttempt, type LogLine, type ProgressReport } from './memory-attempt.ts';
import type { FileOfJob } from './memory-files.ts';
import type { WaitingStep } from './memory-run.ts';
import type { SubmissionOfJob } from './memory-submissions.ts';

export interface RunJobOptions extends JobSetup {
  /** The attempt's number. @default 1 */
  readonly attempt?: number;
  /** Cancels the job when the signal fires, as a client would. */
  readonly signal?: AbortSignal;
}

/** The attempt's progress reports, log lines, submitted jobs and written files. */
interface Recorded {
  /** The `progress` reports, oldest first. */
  readonly progress: readonly ProgressReport[];
  /** The lines logged with `log`, oldest first. */
  readonly logs: readonly LogLine[];
  /** The jobs submitted with `submit`. */
  readonly submitted: readonly SubmissionOfJob[];
  /** The files written with `files.write`. */
  readonly files: readonly FileOfJob[];
}

/** The job's state after the attempt. */
type Outcome<Result> =
  | {
      readonly status: 'success';
      /** The result that clients receive, after conversion to JSON and back. */
      readonly result: Result;
      readonly error?: undefined;
      readonly afterSeconds?: undefined;
    }
  | {
      /** `retry`: the attempt failed, and the job will be retried. */
      readonly status: 'retry';
      /** Seconds until the next attempt: the delay in the `RetryLaterError`, or the back-off without jitter. */
      readonly afterSeconds: number;
      /** The error that the handler threw. */
      readonly error: unknown;
      readonly result?: undefined;
    }
  | {
      /**
       * `failed`: the attempt was the job's last, or it ended with a `FinalError`, a timeout or a result that can't be
       * stored.
       */
      readonly status: 'failed' | 'canceled';
      /** The error that the handler threw, or an error that explains why the attempt ended. */
      readonly error: unknown;
      readonly result?: undefined;
      readonly afterSeconds?: undefined;
    }
  | {
      /** `waiting`: the job waits for a signal that the test doesn't provide, or for children that can't run. */
      readonly status: 'waiting';
      readonly waitingFor: readonly WaitingStep[];
      readonly error?: undefined;
      readonly result?: undefined;
      readonly afterSeconds?: undefined;
    };

/** The outcome of one attempt, with its progress reports, log lines, submitted jobs and written files. */
export type JobRun<Result> = Recorded & Outcome<Result>;

/**
 * Runs one attempt of a job in memory, with a deployment's code for payload and result checks, the context, retries, the
 * timeout and cancellation.
 *
 * A job with steps continues until its attempt has ended. Sleeps take no time; the `signals` and `children` options provide
 * whatever else the job waits for.
 *
 * If the handler throws, the outcome contains the `error`, and its `status` is `'retry'` or `'failed'`. `runJob` itself
 * throws only for an invalid payload or option.
 *
 * ```ts
 * const run = await runJob(greet, { name: 'Ada' });
 * assert.deepEqual(run.result, { greeting: 'Hello, Ada' });
 * ```
 *
 * @throws InvalidRequestError if a submission would reject the payload; its `errors` name every invalid field
 * @throws TypeError if an option is invalid
 */
export async function runJob<Payload, Result>(
  definition: JobDefinition<string, Payload, Result>,
  payload: NoInfer<Payload>,
  options: RunJobOptions = {},
): Promise<JobRun<Result>> {
  const { attempt = 1, signal } = options;
  const job = await createMemoryJob(definition, payload, options);
  if (!Number.isInteger(attempt) || attempt < 1 || attempt > job.maxAttempts) {
    throw new TypeError(
      `attempt is ${attempt}. Use a whole number from 1 to ${job.maxAttempts}, the job's attempts (\`maxAttempts\` changes them).`,
    );
  }
  const { recorded, error, progress, logs } = await runMemoryAttempt(job, { attempt, cancel: signal });
  const did = { progress, logs, submitted: job.submissions.submitted, files: job.files.written };
  switch (recorded.status) {
    case 'success':
      return { status: 'success', result: asJson(recorded.result) as Result, ...did };
    case 'created':
      if (recorded.continuation) {
        const waitingFor = job.run?.waitingFor(recorded.continuation.steps) ?? [];
        return { status: 'waiting', waitingFor, ...did };
      }
      return { status: 'retry', afterSeconds: recorded.retryInMs / 1000, error, ...did };
    case 'failed':
    case 'canceled':
      return { status: recorded.status, error, ...did };
  }
}
