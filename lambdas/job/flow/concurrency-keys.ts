import type { Activity } from '../activity.ts';
import type { NewAuditEntry } from '../audit.ts';
import type { JobOfTenant } from '../job-queue.ts';
import { timeForRounds, wakeInRounds, type WakePorts, type Woken } from './wake-in-rounds.ts';

/** A concurrency key that has open jobs or a limit set through the API. */
export interface ConcurrencyKey {
  key: string;
  /** The number of running jobs, plus the jobs that have been woken for a free slot but have not started yet. */
  running: number;
  /** The number of jobs waiting for a free slot, counted up to {@link MOST_COUNTED}. */
  parked: number;
  /** The limit in effect; null if the key has no open jobs and no limit set through the API. */
  limit: number | null;
  /** The limit set through the API, which overrides the jobs' own limits; null if no limit is set. */
  set_limit: number | null;
  /**
   * The time at which `set_limit` was set (ISO 8601 in UTC), and the actor who set the limit, as recorded in the audit
   * log.
   */
  set_at: string | null;
  set_by: string | null;
}

/** The maximum number of held jobs counted per key or queue. This maximum keeps reports from reading millions of rows. */
export const MOST_COUNTED = 10_000;

export interface ConcurrencyKeyStore {
  /** Lists a tenant's keys in order, starting after the key `after`. Pass '' to start at the first key. */
  list(tenant: string, after: string, limit: number): Promise<ConcurrencyKey[]>;
  /** Sets a key's limit, even if no job uses the key. */
  setLimit(tenant: string, key: string, limit: number, entry: NewAuditEntry): Promise<void>;
  /** Deletes the limit set through the API, so that the jobs' own limits apply again. */
  clearLimit(tenant: string, key: string, entry: NewAuditEntry): Promise<void>;
  /** Wakes up to `most` of a key's parked jobs, but only as many as the key has free slots. */
  wakeParked(tenant: string, key: string, most: number): Promise<JobOfTenant[]>;
}

export interface ConcurrencyKeyPorts extends WakePorts {
  readonly keys: ConcurrencyKeyStore;
  readonly activity: Activity;
}

/**
 * The maximum number of jobs that each statement wakes. This number is small, because the statement holds the key's lock,
 * and counts the key's running jobs once for each job that it wakes.
 */
const ROUND = 100;

/**
 * Changes a key's limit, and wakes the parked jobs that can now run. A lower limit does not stop running jobs. Idempotent.
 *
 * @param limit 0 prevents all of the key's jobs from starting; null deletes the limit set through the API
 */
export async function changeLimit(
  tenant: string,
  key: string,
  limit: number | null,
  entry: NewAuditEntry,
  ports: ConcurrencyKeyPorts,
): Promise<Woken> {
  const { keys, activity, log } = ports;
  // Mark activity first. If this function crashes after the change, only the sweeper can wake the parked jobs.
  await activity.mark();
  if (limit === null) await keys.clearLimit(tenant, key, entry);
  else await keys.setLimit(tenant, key, limit, entry);
  const wake = (most: number): Promise<JobOfTenant[]> => keys.wakeParked(tenant, key, most);
  const woken = await wakeInRounds(wake, ROUND, timeForRounds(ports), ports);
  log.info('concurrency_limit_changed', "A concurrency key's limit was changed.", {
    tenant,
    limit,
    ...woken,
  });
  return woken;
}
