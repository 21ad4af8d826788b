import type { Activity } from '../activity.ts';
import type { NewAuditEntry } from '../audit.ts';
import type { JobOfTenant } from '../job-queue.ts';
import { timeForRounds, wakeInRounds, type WakePorts, type Woken } from './wake-in-rounds.ts';

/** A concurrency key with open jobs, or with a limit that was set for it. */
export interface ConcurrencyKey {
  key: string;
  /** Jobs that run, and jobs that were woken to run. */
  running: number;
  /** Jobs that wait until fewer run. Counted up to {@link MOST_COUNTED}. */
  parked: number;
  /** The most jobs that run at once; null for a key without open jobs whose limit was not set. */
  limit: number | null;
  /** The limit that was set in place of those that the jobs were submitted with; null if none was set. */
  set_limit: number | null;
  /** When the limit was set, in ISO 8601 in UTC, and by whom, as in the audit. */
  set_at: string | null;
  set_by: string | null;
}

/** Held jobs of a key or of a queue are counted up to this number: a report must not read a million rows. */
export const MOST_COUNTED = 10_000;

export interface ConcurrencyKeyStore {
  /** Keys of a tenant in order, those after `after`; '' for the first ones. */
  list(tenant: string, after: string, limit: number): Promise<ConcurrencyKey[]>;
  /** Sets the limit of a key, whether or not jobs have the key. */
  setLimit(tenant: string, key: string, limit: number, entry: NewAuditEntry): Promise<void>;
  /** Makes the limits count again that jobs were submitted with. */
  clearLimit(tenant: string, key: string, entry: NewAuditEntry): Promise<void>;
  /** Wakes up to `most` parked jobs of a key that has room for them. */
  wakeParked(tenant: string, key: string, most: number): Promise<JobOfTenant[]>;
}

export interface ConcurrencyKeyPorts extends WakePorts {
  readonly keys: ConcurrencyKeyStore;
  readonly activity: Activity;
}

/** Jobs woken by one statement. It counts the key's running jobs for each, and holds the key's lock meanwhile. */
const ROUND = 100;

/**
 * Changes the limit of a key while jobs wait, and wakes the jobs that have room now. A lower limit lets running jobs end. Idempotent.
 *
 * @param limit 0 lets no job of the key start; null makes the limits count again that the jobs were submitted with
 */
export async function changeLimit(
  tenant: string,
  key: string,
  limit: number | null,
  entry: NewAuditEntry,
  ports: ConcurrencyKeyPorts,
): Promise<Woken> {
  const { keys, activity, log } = ports;
  // The mark comes first: a crash after the change leaves parked jobs that only the sweeper wakes.
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
