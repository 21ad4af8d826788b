import type { ActivityLog } from './activity.ts';
import type { Clock } from './clock.ts';
import type { ServiceLog } from './log.ts';

/** Deletes data that ended long ago. */
export interface PruneStore {
  /**
   * Deletes in one statement up to `limit` rows of each kind: jobs with their attempts, and messages, that ended more than
   * `retentionDays` ago; older audit entries; batches whose jobs are all deleted; and states of rate limits that no longer limit
   * anything. Never deletes a job or a message that has not ended. `oldestEnd` is the earliest end of the remaining jobs and
   * messages; null if none remain. Deletes nothing while another pruning runs; `isBusy` is then true. A job whose parent has not
   * ended is kept. `continueAfter` is the last examined job; null if there is no further expired job.
   */
  prune(
    retentionDays: number,
    limit: number,
    after?: PrunePosition,
  ): Promise<
    Omit<Pruned, 'isDone'> & { isBusy: boolean; continueAfter: PrunePosition | null; oldestEnd: Date | null }
  >;
}

/** A job's position in the order of end times. */
export interface PrunePosition {
  /** ISO 8601, in microseconds. */
  readonly endTime: string;
  readonly jobId: string;
}

export interface PrunePorts {
  store: PruneStore;
  activity: ActivityLog;
  clock: Clock;
  log: ServiceLog;
  /** How long ended jobs and messages are kept, in days. */
  retentionDays: number;
  /** Whether there is time for another batch. */
  hasTime: () => boolean;
}

/** The number of deleted rows; `isDone` is false if the time ran out first, or another pruning was running. */
export interface Pruned {
  jobs: number;
  messages: number;
  auditEntries: number;
  batches: number;
  /** States of rate limits that no longer limit anything. */
  rateLimits: number;
  isDone: boolean;
}

const DAY_MS = 86_400_000;

/** The maximum number of rows of each kind that one statement deletes. */
const BATCH = 500;

/**
 * Whether something has expired, as far as this is known without a query to the database.
 *
 * @param oldestEnd when the oldest data that the last pruning kept had ended; null if no pruning has run
 */
export function isPruneDue(
  oldestEnd: Date | null,
  { clock, retentionDays }: Pick<PrunePorts, 'clock' | 'retentionDays'>,
): boolean {
  return clock.now().getTime() >= (oldestEnd?.getTime() ?? 0) + retentionDays * DAY_MS;
}

/** Deletes data that ended longer ago than its retention, batch by batch, and records when the next pruning is due. */
export async function prune(ports: PrunePorts): Promise<Pruned> {
  const { store, activity, clock, log, retentionDays } = ports;
  const pruned: Pruned = { jobs: 0, messages: 0, auditEntries: 0, batches: 0, rateLimits: 0, isDone: false };
  let after: PrunePosition | undefined;
  while (!pruned.isDone && ports.hasTime()) {
    const checkedAt = clock.now();
    const found = await store.prune(retentionDays, BATCH, after);
    const { jobs, messages, auditEntries, batches, rateLimits, oldestEnd } = found;
    if (found.isBusy) break;
    after = found.continueAfter ?? undefined;
    pruned.jobs += jobs;
    pruned.messages += messages;
    pruned.auditEntries += auditEntries;
    pruned.batches += batches;
    pruned.rateLimits += rateLimits;
    pruned.isDone =
      found.continueAfter === null &&
      [jobs, messages, auditEntries, batches, rateLimits].every((count) => count < BATCH);
    // If no ended data is left, everything that ends from now on ends later than this.
    if (pruned.isDone) await activity.notePruned(oldestEnd ?? checkedAt);
  }
  if (pruned.jobs + pruned.messages + pruned.auditEntries + pruned.batches + pruned.rateLimits > 0)
    log.info('expired_rows_deleted', 'What had expired was deleted.', { ...pruned });
  return pruned;
}
