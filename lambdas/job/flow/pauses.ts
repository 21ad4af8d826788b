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
  /** ISO 8601 in UTC. */
  paused_at: string;
  /** As in the audit; null for `AUTH=none`. */
  paused_by: string | null;
}

export interface PauseStore {
  /** Pauses a queue or type unless it is already paused. Returns the active pause. */
  pause(tenant: string, paused: Pausable, entry: NewAuditEntry): Promise<Pause>;
  /**
   * Ends a pause. Waits for claims that have seen the pause, so that every job they parked can be woken. Returns whether a pause
   * existed.
   */
  unpause(tenant: string, paused: Pausable, entry: NewAuditEntry): Promise<boolean>;
  /** Wakes up to `most` jobs of a tenant in a queue that a pause had parked and that no pause holds any longer. */
  wakeResumed(tenant: string, queue: string, most: number): Promise<JobOfTenant[]>;
  /** The queues in which jobs of a tenant are waiting. */
  queuesWithWaitingJobs(tenant: string): Promise<string[]>;
}

export interface PausePorts extends WakePorts {
  readonly pauses: PauseStore;
  readonly activity: Activity;
  /** The queues of this deployment. */
  readonly queues: readonly string[];
  /** The job types of this deployment. */
  readonly types: readonly string[];
}

/** This deployment has no queue or job type of this name. */
export class NothingToPauseError extends Error {
  override readonly name = 'NothingToPauseError';
  readonly kind: Pausable['kind'];

  constructor({ kind, name }: Pausable, { queues, types }: Pick<PausePorts, 'queues' | 'types'>) {
    const [what, known] = kind === 'queue' ? ['queue', queues] : ['job type', types];
    super(`This deployment has no ${what} "${name}". It has: ${known.join(', ')}.`);
    this.kind = kind;
  }
}

/** The number of jobs that one statement wakes. The response stays far below the Data API’s 1 MiB. */
const ROUND = 500;

/**
 * Stops the tenant's jobs in a queue, or of a type, from starting. Running jobs continue. Idempotent.
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
 * Ends a pause and wakes as many of its parked jobs as the request has time for. Idempotent: a repeated call continues to wake jobs.
 *
 * @throws NothingToPauseError for a name that is neither paused nor exists in this deployment. A pause may outlive its queue.
 */
export async function resume(
  tenant: string,
  paused: Pausable,
  entry: NewAuditEntry,
  ports: PausePorts,
): Promise<Woken> {
  const { pauses, activity, log } = ports;
  // Mark the activity first: if this function dies after the end of the pause, only the sweeper wakes the parked jobs.
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
