import type { Activity } from '../activity.ts';
import type { NewAuditEntry } from '../audit.ts';
import type { JobOfTenant } from '../job-queue.ts';
import { timeForRounds, wakeInRounds, type WakePorts, type Woken } from './wake-in-rounds.ts';

/** A queue or a job type that a tenant can pause for its own jobs. */
export interface Pausable {
  kind: 'queue' | 'type';
  name: string;
}

/** An active pause. */
export interface Pause {
  /** When the pause began: ISO 8601 in UTC. */
  paused_at: string;
  /** The actor who paused the queue or job type, as recorded in the audit log; null if `AUTH=none`. */
  paused_by: string | null;
}

export interface PauseStore {
  /** Pauses a queue or job type unless it is already paused. Returns the active pause. */
  pause(tenant: string, paused: Pausable, entry: NewAuditEntry): Promise<Pause>;
  /**
   * Ends a pause, and returns whether the pause existed. First waits for claims that are still parking jobs under the
   * pause, so that these jobs can be woken too.
   */
  unpause(tenant: string, paused: Pausable, entry: NewAuditEntry): Promise<boolean>;
  /**
   * Wakes up to `most` of the tenant's jobs in the queue that were parked by a pause. Jobs to which another pause still
   * applies stay parked.
   */
  wakeResumed(tenant: string, queue: string, most: number): Promise<JobOfTenant[]>;
  /** Lists the queues in which the tenant has waiting jobs. */
  queuesWithWaitingJobs(tenant: string): Promise<string[]>;
}

export interface PausePorts extends WakePorts {
  readonly pauses: PauseStore;
  readonly activity: Activity;
  /** This deployment's queues. */
  readonly queues: readonly string[];
  /** This deployment's job types. */
  readonly types: readonly string[];
}

/** This deployment has no queue or job type with this name. */
export class NothingToPauseError extends Error {
  override readonly name = 'NothingToPauseError';
  readonly kind: Pausable['kind'];

  constructor({ kind, name }: Pausable, { queues, types }: Pick<PausePorts, 'queues' | 'types'>) {
    const [what, known] = kind === 'queue' ? ['queue', queues] : ['job type', types];
    super(`This deployment has no ${what} "${name}". It has: ${known.join(', ')}.`);
    this.kind = kind;
  }
}

/**
 * The maximum number of jobs that each statement wakes. With 500 jobs, the response stays far below the Data API's limit
 * of 1 MiB.
 */
const ROUND = 500;

/**
 * Pauses a queue or job type for the tenant. Until the pause ends, none of the tenant's jobs in that queue or of that type
 * start; running jobs continue. Idempotent.
 *
 * @throws NothingToPauseError
 */
export async function pause(
  tenant: string,
  paused: Pausable,
  entry: NewAuditEntry,
  ports: PausePorts,
): Promise<Pause> {
  if (!isKnown(paused, ports)) throw new NothingToPauseError(paused, ports);
  const inForce = await ports.pauses.pause(tenant, paused, entry);
  ports.log.info('jobs_paused', 'The tenant paused its jobs.', { tenant, [paused.kind]: paused.name });
  return inForce;
}

/**
 * Ends a pause, and wakes as many of its parked jobs as time allows. Idempotent: repeat the call to wake more jobs.
 *
 * @throws NothingToPauseError if nothing with this name is paused or deployed; a queue that is no longer deployed may still
 * be paused
 */
export async function resume(
  tenant: string,
  paused: Pausable,
  entry: NewAuditEntry,
  ports: PausePorts,
): Promise<Woken> {
  const { pauses, activity, log } = ports;
  // Mark activity first. If this function crashes after ending the pause, only the sweeper can wake the parked jobs.
  await activity.mark();
  const wasPaused = await pauses.unpause(tenant, paused, entry);
  if (!wasPaused && !isKnown(paused, ports)) throw new NothingToPauseError(paused, ports);
  const queues =
    paused.kind === 'queue' ? [paused.name] : (await pauses.queuesWithWaitingJobs(tenant)).toSorted();
  const sum: Woken = { woken: 0, more: false };
  const hasTime = timeForRounds(ports);
  for (const queue of queues) {
    if (!hasTime()) {
      sum.more = true;
      break;
    }
    const { woken, more } = await wakeInRounds(
      (most) => pauses.wakeResumed(tenant, queue, most),
      ROUND,
      hasTime,
      ports,
    );
    sum.woken += woken;
    sum.more ||= more;
  }
  log.info('jobs_resumed', 'The tenant resumed its jobs.', { tenant, [paused.kind]: paused.name, ...sum });
  return sum;
}

function isKnown({ kind, name }: Pausable, { queues, types }: PausePorts): boolean {
  return (kind === 'queue' ? queues : types).includes(name);
}
