import { wakeOnComplete, type BatchOfTenant, type OnCompleteStore } from './batches/wake-on-complete.ts';
import type { JobOfTenant, JobQueue, MadeRoom } from './job-queue.ts';
import type { ServiceLog } from './log.ts';

/**
 * The follow-up work after jobs have ended. The statement that ends the jobs can't do this work, because another statement
 * may be ending other jobs at the same time.
 */
export interface EndedJobs {
  /** The jobs' batches, which may now be completed. */
  readonly batches?: readonly BatchOfTenant[];
  /** The jobs' parents, whose awaited children may all have ended. */
  readonly parents?: readonly string[];
  /** The canceled jobs that have children to cancel. */
  readonly canceled?: readonly string[];
}

/** A job's family, returned by a statement that may have ended the job. */
export interface FamilyOfEnded {
  /** The parent, if the job has ended and all of the parent's awaited children may have ended. */
  readonly parentJobId?: string | undefined;
  /** Whether the job is canceled and has children to cancel. */
  readonly hasChildrenToCancel?: boolean | undefined;
}

/** Children that a statement canceled along with their parents. */
export interface CanceledChildren extends EndedJobs, MadeRoom {
  /** The jobs that send the children's outcomes. */
  readonly callbacks: readonly JobOfTenant[];
  /** Whether more children may be left. */
  readonly hasMore: boolean;
}

/** Part of every store whose statements end jobs. */
export interface EndedJobsStore extends OnCompleteStore {
  /**
   * Wakes those of these jobs whose awaited children have all ended. Returns the woken jobs, each of which needs a message.
   */
  wakeParents(jobIds: readonly string[]): Promise<JobOfTenant[]>;
  /** Cancels up to `limit` children of these canceled jobs: cancels waiting children, and asks running children to stop. */
  cancelChildren(jobIds: readonly string[], limit: number): Promise<CanceledChildren>;
}

export interface EndedJobsPorts {
  store: EndedJobsStore;
  queue: JobQueue;
  log: ServiceLog;
}

/** The maximum number of children that each statement cancels. */
const CHILDREN_AT_ONCE = 500;

/** The maximum number of statements that cancel children per request: enough for the largest `map`. */
const MOST_ROUNDS = 20;

/**
 * Does the follow-up work after jobs have ended: wakes the on_complete jobs of completed batches and the parents whose
 * children have ended, and cancels the children of canceled jobs. Call it after the statement that ended the jobs. Never
 * throws: the sweeper repairs whatever fails here.
 */
export async function followEndedJobs(ended: EndedJobs, ports: EndedJobsPorts): Promise<void> {
  const { batches = [], parents = [], canceled = [] } = ended;
  await wakeOnComplete(batches, ports);
  await wakeParents(parents, ports);
  await cancelChildren(canceled, ports);
}

/** Derives the follow-up work from the jobs' rows. */
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
