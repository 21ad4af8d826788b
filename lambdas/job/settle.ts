import type { Claim, Recorded } from './attempt-store.ts';
import type { ServiceLog } from './log.ts';
import { isTerminal } from './status.ts';

/** One delivered wake-up. */
export interface Delivery {
  /** Identifies the delivery within its batch. */
  id: string;
  jobId: string;
  /** The other jobs that the message names, all of the same queue and tenant. */
  also?: readonly string[];
  /** The number of times that the message has been received. @default 1 */
  receives?: number;
}

/**
 * What happens to a delivery: it is deleted (`ack`), returned to the queue after some seconds, or left until its visibility
 * timeout ends.
 */
export type Settlement<D = Delivery> = { delivery: D } & SettlementOfMessage;

export type SettlementOfMessage =
  { action: 'ack' } | { action: 'return'; afterSeconds: number } | { action: 'leave' };

/** Returns the ids of the jobs named in a message. */
export function jobsOf({ jobId, also = [] }: Delivery): string[] {
  return [jobId, ...also];
}

/** A batch's outcomes. */
export interface Outcomes {
  readonly claims: readonly Claim[];
  readonly recorded: readonly Recorded[];
  /** The ids of the jobs that have their own messages. */
  readonly guarded: ReadonlySet<string>;
  /** The ids of the jobs that were put off and got new messages. */
  readonly sentAgain: ReadonlySet<string>;
  /** The message settlements for jobs that ran on another version, by job id. */
  readonly elsewhere: ReadonlyMap<string, SettlementOfMessage>;
}

/** Decides what happens to each delivery. */
export function settle(
  deliveries: readonly Delivery[],
  { claims, recorded, guarded, sentAgain, elsewhere }: Outcomes,
  log: ServiceLog,
): Settlement[] {
  const claimOf = new Map(claims.map((claim) => [claim.jobId, claim]));
  const recordOf = new Map(recorded.map((record) => [record.jobId, record]));
  const settlementOf = (delivery: Delivery): Settlement => {
    const record = recordOf.get(delivery.jobId);
    if (record) return settleRecorded(delivery, record, log);
    const ranElsewhere = elsewhere.get(delivery.jobId);
    if (ranElsewhere) return { delivery, ...ranElsewhere };
    if (sentAgain.has(delivery.jobId)) return { delivery, action: 'ack' };
    return settleUnclaimed(delivery, claimOf.get(delivery.jobId), log);
  };
  return deliveries.map((delivery): Settlement => {
    const [first, ...others] = jobsOf(delivery).map((jobId): Settlement => {
      const record = recordOf.get(jobId);
      const hasOwnMessage = delivery.also && record?.recorded && guarded.has(jobId);
      return hasOwnMessage ? { delivery, action: 'ack' } : settlementOf({ ...delivery, jobId });
    });
    return { ...others.reduce<Settlement>(later, first ?? settlementOf(delivery)), delivery };
  });
}

/**
 * Combines the settlements of two jobs that are named in the same message. The message returns to the queue as soon as
 * either job needs the message. If either settlement is `leave`, the message is left alone, because another worker may
 * have received the message too.
 */
function later(one: Settlement, other: Settlement): Settlement {
  if (one.action === 'leave' || other.action === 'ack') return one;
  if (other.action === 'leave' || one.action === 'ack') return other;
  return one.afterSeconds <= other.afterSeconds ? one : other;
}

function settleRecorded(delivery: Delivery, record: Recorded, log: ServiceLog): Settlement {
  if (isTerminal(record.status) || record.isParked) return { delivery, action: 'ack' };
  if (record.status === 'created')
    return { delivery, action: 'return', afterSeconds: wholeSeconds(record.dueInMs) };
  // Another attempt holds the job's lease now, and its delivery ensures that the job finishes. This delivery must neither
  // delete nor delay the message.
  log.warn('attempt_superseded', 'A superseded attempt ended late; its outcome was not recorded.', {
    job_id: record.jobId,
  });
  return { delivery, action: 'leave' };
}

function settleUnclaimed(delivery: Delivery, claim: Claim | undefined, log: ServiceLog): Settlement {
  switch (claim?.verdict) {
    case 'finished':
    case 'parked':
      return { delivery, action: 'ack' };
    case 'yielded':
    case 'putOff':
      // The message must return to the queue, because the job that the message names still needs it.
      return { delivery, action: 'return', afterSeconds: 0 };
    case 'waiting':
      return { delivery, action: 'return', afterSeconds: wholeSeconds(claim.dueInMs) };
    case 'leased':
      return { delivery, action: 'return', afterSeconds: wholeSeconds(claim.leaseEndsInMs) };
    case 'unknown':
      log.error('message_unknown', 'A message names a job that does not exist; it is dropped.', {
        job_id: delivery.jobId,
      });
      return { delivery, action: 'ack' };
    case 'claimed':
    case undefined:
      log.error('outcome_not_recorded', 'A claimed job was not recorded; its lease will expire.', {
        job_id: delivery.jobId,
      });
      return { delivery, action: 'leave' };
  }
}

/** Converts milliseconds to whole seconds, rounded up and at least 1, so that the message never arrives too early. */
export function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
