import type { AttemptResult, ClaimedJob } from './attempt-store.ts';
import type { TraceContext } from './trace-context.ts';

/** The submission fields that are recorded in the submission's span. */
export interface TracedSubmission {
  tenant: string;
  type: string;
  queue: string;
  trace?: TraceContext | undefined;
}

/** Creates spans for jobs. A deployment that doesn't export spans has no tracer. */
export interface Tracer {
  /**
   * Creates a span for each submission, sets it as the job's trace context, and passes the submissions to `work`. A
   * submission without a trace begins a new trace.
   *
   * @param work receives the submissions in their original order
   */
  submissions<Submission extends TracedSubmission, Result>(
    submissions: readonly Submission[],
    work: (traced: readonly Submission[]) => Promise<Result>,
  ): Promise<Result>;
  /** Calls `work` with a new trace context for the firing's job. */
  firing<Result>(work: (trace: TraceContext) => Promise<Result>): Promise<Result>;
  /** Links the invocation's span to the traces of the jobs whose attempts are starting. */
  claimed(jobs: readonly ClaimedJob[]): void;
  /** Runs an attempt in its own span, and passes that span to `run` as the job's trace context. */
  attempt(job: ClaimedJob, run: (traced: ClaimedJob) => Promise<AttemptResult>): Promise<AttemptResult>;
}
