import type { AttemptResult, ClaimedJob } from './attempt-store.ts';
import type { TraceContext } from './trace-context.ts';

/** The fields of a submission that are recorded in its span. */
export interface TracedSubmission {
  tenant: string;
  type: string;
  queue: string;
  trace?: TraceContext | undefined;
}

/** Creates the jobs' spans. Undefined in a deployment that exports no spans. */
export interface Tracer {
  /**
   * Runs the work with the submissions, each of whose jobs continues its own span. A submission without a trace begins one.
   *
   * @param work receives the submissions in their original order
   */
  submissions<Submission extends TracedSubmission, Result>(
    submissions: readonly Submission[],
    work: (traced: readonly Submission[]) => Promise<Result>,
  ): Promise<Result>;
  /** Runs the work with the trace that a firing's job begins. */
  firing<Result>(work: (trace: TraceContext) => Promise<Result>): Promise<Result>;
  /** Called with the jobs whose attempts are starting. */
  claimed(jobs: readonly ClaimedJob[]): void;
  /** Runs an attempt with the job's position in its trace, which is the attempt's own span. */
  attempt(job: ClaimedJob, run: (traced: ClaimedJob) => Promise<AttemptResult>): Promise<AttemptResult>;
}
