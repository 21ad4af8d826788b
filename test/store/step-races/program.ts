import { createHash } from 'node:crypto';
import type { NewJob } from '../../../lambdas/job/job.ts';
import { newJob } from '../job-rows.ts';

/** One step in a job's code. */
export type Instruction =
  | { readonly does: 'run'; readonly step: string; readonly handsOver?: boolean }
  | { readonly does: 'sleep'; readonly step: string; readonly forMs: number }
  /** Without a timeout, the job waits until it reaches its maximum duration. */
  | { readonly does: 'signal'; readonly step: string; readonly timeoutMs?: number }
  | { readonly does: 'child' | 'map'; readonly step: string; readonly children: Children };

export interface Children {
  readonly programs: readonly Program[];
  readonly endWithParent: boolean;
}

/** A job's code, as groups of steps. The steps of a group are called concurrently, as with `Promise.all`. */
export type Program = readonly (readonly Instruction[])[];

/** Returns the step that the job waits for. */
export function awaitedStepOf({ does, step }: Instruction): string {
  return does === 'child' ? `${step}:result` : step;
}

/** Returns the rows of a step's children. The children's ids are derived from the parent's id, so a retried insert adds no rows. */
export function childRows(parentId: string, step: string, { programs, endWithParent }: Children): NewJob[] {
  return programs.map((_program, place) =>
    newJob({
      job_id: childId(parentId, step, place),
      parent_job_id: parentId,
      parent_step: step,
      child_place: place,
      ends_with_parent: endWithParent,
      max_attempts: 4,
    }),
  );
}

export function childId(parentId: string, step: string, place: number): string {
  const digest = createHash('sha256').update(`${parentId} ${step} ${place}`).digest('hex');
  return `${parentId.slice(0, 14)}7${digest.slice(0, 3)}-8${digest.slice(3, 6)}-${digest.slice(6, 18)}`;
}
