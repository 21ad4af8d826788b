import type { Activity } from '../activity.ts';
import type { NewAuditEntry } from '../audit.ts';
import type { JobOfTenant } from '../job-queue.ts';
import { timeForRounds, wakeInRounds, type WakePorts, type Woken } from './wake-in-rounds.ts';

/** A concurrency key that has open jobs, or for which a limit was set. */
export interface ConcurrencyKey {
  key: string;
  /** Running jobs, and jobs woken to use a free slot. */
  running: number;
  /** Jobs waiting for a free slot. Counted up to {@link MOST_COUNTED}. */
  parked: number;
  /** The maximum number of jobs that run at once; null for a key without open jobs and without a set limit. */
  limit: number | null;
  /** The set limit, which overrides the limits that the jobs were submitted with; null if none is set. */
  set_limit: number | null;
  /** When the limit was set, in ISO 8601 in UTC, and by whom, as in the audit. */
  set_at: string | null;
  set_by: string | null;
}

/** Held jobs of a key or of a queue are counted up to this number: a report must not read a million rows. */
export const MOST_COUNTED = 10_000;

export interface ConcurrencyKeyStore {
  /** The keys of a tenant after `after`, in order. With '', starts at the first key. */
  list(tenant: string, after: string, limit: number): Promise<ConcurrencyKey[]>;
  /** Sets the limit of a key, even if no job has the key. */
  setLimit(tenant: string, key: string, limit: number, entry: NewAuditEntry): Promise<void>;
  /** Deletes the set limit, so that the limits of the jobs' submissions apply again. */
  clearLimit(tenant: string, key: string, entry: NewAuditEntry): Promise<void>;
  /** Wakes up to `most` parked jobs of a key, one for each free slot. */
  wakeParked(tenant: string, key: string, most: number): Promise<JobOfTenant[]>;
}

export interface ConcurrencyKeyPorts extends WakePorts {
  readonly keys: ConcurrencyKeyStore;
  readonly activity: Activity;
}

/**
 * The number of jobs that one statement wakes. For each job, the statement counts the key's running jobs while it holds the key's
 * lock.
 */
const ROUND = 100;

/**
 * Changes the limit of a key while jobs wait, and wakes the jobs that now have room. A lower limit does not stop running jobs.
 * Idempotent.
 *
 * @param limit 0 to keep all jobs of the key from starting; null to delete the set limit
 */
export async function changeLimit(
  tenant: string,
  key: string,
  limit: number | null,
  entry: NewAuditEntry,
  ports: ConcurrencyKeyPorts,
): Promise<Woken> {
  const { keys, activity, log } = ports;
  // Mark the activity first: if this function dies after the change, only the sweeper wakes the parked jobs.
  await activity.mark();
  if (limit === null) await keys.clearLimit(tenant, key, entry);
  else await keys.setLimit(tenant, key, limit, entry);
  const wake = (most: number): Promise<JobOfTenant[]> => keys.wakeParked(tenant, key, most);
  const woken = await wakeInRounds(wake, ROUND, timeForRounds(ports), ports);
  log.info('concurrency_limit_changed', 'The limit of a concurrency key was changed.', {
    tenant,
    limit,
    ...woken,
  });
  return woken;
}
