import type { ActivityLog } from './activity.ts';
import type { Clock } from './clock.ts';
import type { ServiceLog } from './log.ts';

/** Deletes expired data. */
export interface PruneStore {
  /**
   * Deletes up to `limit` rows of each kind, in one statement. Deletes jobs (with their attempts) and messages that ended
   * more than `retentionDays` ago, and audit entries that are older than `retentionDays`. Also deletes batches without
   * remaining jobs, and the states of rate limits that no longer delay a job. Never deletes an unfinished job or message,
   * or a job whose parent has not ended. `oldestEnd` is the earliest end time of the remaining jobs and messages; null if
   * none remain. If another pruning is running, nothing is deleted, and `isBusy` is true. `continueAfter` is the last
   * examined job, after which the next call continues; null if no more jobs have expired.
   */
  prune(
    retentionDays: number,
    limit: number,
    after?: PrunePosition,
  ): Promise<
    Omit<Pruned, 'isDone'> & { isBusy: boolean; continueAfter: PrunePosition | null; oldestEnd: Date | null }
  >;
}

/** A job's position in the list ordered by end time. */
export interface PrunePosition {
  /** The job's end time: ISO 8601 with microseconds. */
  readonly endTime: string;
  readonly jobId: string;
}

export interface PrunePorts {
  store: PruneStore;
  activity: ActivityLog;
  clock: Clock;
  log: ServiceLog;
  /** The retention period of ended jobs and messages, in days. */
  retentionDays: number;
  /** Whether there is time for another batch. */
  hasTime: () => boolean;
}

/**
 * The number of deleted rows of each kind. `isDone` is false if time ran out before all expired rows were deleted, or if
 * another pruning was running.
 */
export interface Pruned {
  jobs: number;
  messages: number;
  auditEntries: number;
  batches: number;
  /** The states of rate limits that no longer delay a job. */
  rateLimits: number;
  isDone: boolean;
}

const DAY_MS = 86_400_000;

/** The maximum number of rows of each kind that each statement deletes. */
const BATCH = 500;

/**
 * Whether any rows may have expired since the last pruning. Doesn't query the database.
 *
 * @param oldestEnd the earliest end time among the rows that the last pruning kept; null if no pruning has run
 */
export function isPruneDue(
  oldestEnd: Date | null,
  { clock, retentionDays }: Pick<PrunePorts, 'clock' | 'retentionDays'>,
): boolean {
  return clock.now().getTime() >= (oldestEnd?.getTime() ?? 0) + retentionDays * DAY_MS;
}

/** Deletes expired data in batches, and records when the next pruning is due. */
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
    // If no ended data is left, all data that ends later will end after `checkedAt`.
    if (pruned.isDone) await activity.notePruned(oldestEnd ?? checkedAt);
  }
  if (pruned.jobs + pruned.messages + pruned.auditEntries + pruned.batches + pruned.rateLimits > 0)
    log.info('expired_rows_deleted', 'Expired data was deleted.', { ...pruned });
  return pruned;
}
