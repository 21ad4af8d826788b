import type { AttemptResult, ClaimedJob } from './attempt-store.ts';
import type { TraceContext } from './trace-context.ts';

/** The fields of a submission that its span contains. */
export interface TracedSubmission {
  tenant: string;
  type: string;
  queue: string;
  trace?: TraceContext | undefined;
}

/** Creates the spans of jobs. Undefined in a deployment that exports no spans. */
export interface Tracer {
  /**
   * Runs the work with submissions whose jobs each continue a separate span. A submission without a trace begins one.
   *
   * @param work receives the submissions in their order
   */
  submissions<Submission extends TracedSubmission, Result>(
    submissions: readonly Submission[],
    work: (traced: readonly Submission[]) => Promise<Result>,
  ): Promise<Result>;
  /** Runs the work with the trace that a firing's job begins. */
  firing<Result>(work: (trace: TraceContext) => Promise<Result>): Promise<Result>;
  /** Called with the jobs whose attempts begin now. */
  claimed(jobs: readonly ClaimedJob[]): void;
  /** Runs an attempt with the job's place in its trace: the attempt's own span. */
  attempt(job: ClaimedJob, run: (traced: ClaimedJob) => Promise<AttemptResult>): Promise<AttemptResult>;
}
