import type { NewJob } from './job.ts';

/** The parent job and the step that submit a child job. */
export interface ParentOfChild {
  readonly jobId: string;
  readonly step: string;
  /** The index of the child's item, if the step is a `map`. */
  readonly place?: number | undefined;
  /** Whether canceling the parent cancels the child. */
  readonly endsWithParent: boolean;
}

/** Returns the fields that link a new job to its parent. Empty if the job has no parent. */
export function parentFields(parent: ParentOfChild | undefined): Partial<NewJob> {
  if (!parent) return {};
  return {
    parent_job_id: parent.jobId,
    parent_step: parent.step,
    child_place: parent.place,
    ends_with_parent: parent.endsWithParent,
  };
}
