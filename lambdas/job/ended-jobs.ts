import { wakeOnComplete, type BatchOfTenant, type OnCompleteStore } from './batches/wake-on-complete.ts';
import type { JobOfTenant, JobQueue, MadeRoom } from './job-queue.ts';
import type { ServiceLog } from './log.ts';

/**
 * The follow-up work after jobs have ended. The statement that ends the jobs can't do this work, because it doesn't see jobs
 * that another statement is ending at the same time.
 */
export interface EndedJobs {
  /** The ended jobs' batches, which may now be complete. */
  readonly batches?: readonly BatchOfTenant[];
  /** Parents whose awaited children may all have ended by now. */
  readonly parents?: readonly string[];
  /** Canceled jobs with children that must be canceled too. */
  readonly canceled?: readonly string[];
}

/** The members of a job's family that need follow-up work, returned by a statement that may have ended the job. */
export interface FamilyOfEnded {
  /**
   * The parent of an ended job, if the parent may have to be woken because all of its awaited children may have ended.
   */
  readonly parentJobId?: string | undefined;
  /** Whether the job was canceled, and has children that must be canceled too. */
  readonly hasChildrenToCancel?: boolean | undefined;
}

/** Children that a statement canceled because their parents were canceled. */
export interface CanceledChildren extends EndedJobs, MadeRoom {
  /** The callback jobs that report the children's outcomes. */
  readonly callbacks: readonly JobOfTenant[];
  /** Whether there may be more children to cancel. */
  readonly hasMore: boolean;
}

/** The methods shared by all stores that can end jobs. */
export interface EndedJobsStore extends OnCompleteStore {
  /**
   * Wakes the parents whose awaited children have all ended. Returns the woken jobs, which need messages.
   */
  wakeParents(jobIds: readonly string[]): Promise<JobOfTenant[]>;
  /**
   * Cancels up to `limit` children of the given canceled jobs. Waiting children are canceled immediately; running children
   * are asked to stop.
   */
  cancelChildren(jobIds: readonly string[], limit: number): Promise<CanceledChildren>;
}

export interface EndedJobsPorts {
  store: EndedJobsStore;
  queue: JobQueue;
  log: ServiceLog;
}

/** The maximum number of children that each statement cancels. */
const CHILDREN_AT_ONCE = 500;

/** The maximum number of child-canceling statements per call, which is enough for the largest `map`. */
const MOST_ROUNDS = 20;

/**
 * Does the follow-up work after jobs have ended. Wakes the on_complete jobs of completed batches, wakes the parents whose
 * children have ended, and cancels the children of canceled jobs. Call this after the statement that ended the jobs. Never
 * throws. If any of this work fails, the sweeper does that work later.
 */
export async function followEndedJobs(ended: EndedJobs, ports: EndedJobsPorts): Promise<void> {
  const { batches = [], parents = [], canceled = [] } = ended;
  await wakeOnComplete(batches, ports);
  await wakeParents(parents, ports);
  await cancelChildren(canceled, ports);
}

/** Determines the follow-up work for ended jobs from their rows. */
export function familiesOf(rows: readonly (FamilyOfEnded & { readonly jobId: string })[]): EndedJobs {
  return {
    parents: rows.flatMap(({ parentJobId }) => parentJobId ?? []),
    canceled: rows.flatMap(({ jobId, hasChildrenToCancel = false }) => (hasChildrenToCancel ? jobId : [])),
  };
}

async function wakeParents(parents: readonly string[], { store, queue, log }: EndedJobsPorts): Promise<void> {
  if (parents.length === 0) return;
  try {
    const woken = await store.wakeParents([...new Set(parents)]);
    if (woken.length > 0) await queue.send(woken.map(atOnce));
  } catch (error) {
    log.warn(
      'parents_not_woken',
      'Jobs whose children have ended could not be woken; the sweeper will wake them.',
      {
        error,
      },
    );
  }
}

async function cancelChildren(canceled: readonly string[], ports: EndedJobsPorts): Promise<void> {
  const { store, queue, log } = ports;
  let parents = [...canceled];
  try {
    for (let round = 0; parents.length > 0 && round < MOST_ROUNDS; round += 1) {
      const answer = await store.cancelChildren(parents, CHILDREN_AT_ONCE);
      const wakeUps = [...answer.callbacks, ...(answer.woken ?? [])];
      if (wakeUps.length > 0) await queue.send(wakeUps.map(atOnce));
      await wakeOnComplete(answer.batches ?? [], ports);
      parents = [...(answer.hasMore ? parents : []), ...(answer.canceled ?? [])];
    }
  } catch (error) {
    log.warn(
      'children_not_canceled',
      'Children of canceled jobs could not be canceled; the sweeper will cancel them.',
      {
        error,
      },
    );
  }
}

function atOnce(job: JobOfTenant): JobOfTenant & { delaySeconds: number } {
  return { ...job, delaySeconds: 0 };
}
