import type { Clock } from '../job/clock.ts';
import type { Log } from '../job/log.ts';
import { backOffMs, type BackOff } from '../job/retry-policy.ts';
import type { TakenMessage } from './message.ts';

/** The result of an attempt to send a message, which determines the message's next state. */
export type Delivery =
  /** The receiver responded with 2xx. */
  | { status: 'sent'; receiverMessageId: string | null }
  /**
   * Another attempt may succeed. `retryInMs` is set if the receiver said when to retry; the next attempt must not be
   * earlier.
   */
  | { status: 'pending'; error: string; retryInMs: number | undefined }
  | { status: 'failed'; error: string };

/** The record of an attempt's {@link Delivery}, with the back-off. */
export interface Settlement {
  messageId: string;
  /** The fencing token: the id of the take that holds the message. */
  taker: string;
  attempt: number;
  status: 'sent' | 'pending' | 'failed';
  receiverMessageId: string | null;
  error: string | null;
  /** For a pending message, the time until the next attempt, in milliseconds. */
  retryInMs: number;
}

export interface TakeOptions {
  /** The tenant whose messages are taken. */
  tenant: string;
  /** A new UUID for each take. A take that is repeated with the same UUID gets the same messages again. */
  taker: string;
  limit: number;
  /**
   * The length of the lease, in milliseconds. Until the lease expires, no other take gets the messages. The lease is as long
   * as the function's timeout.
   */
  leaseMs: number;
  /**
   * The maximum number of attempts. If a message's last attempt was lost, the message is marked as failed once its lease
   * has expired.
   */
  maxAttempts: number;
}

/** Takes messages to send, and records the results. All writes are idempotent. */
export interface Outbox {
  /** Takes the tenant's due messages, oldest first. Concurrent takes never get the same message. */
  take(options: TakeOptions): Promise<TakenMessage[]>;
  /** Records an attempt's result. If another take now holds the message, changes nothing and returns false. */
  settle(settlement: Settlement): Promise<boolean>;
  /** Resets messages to `pending` if this take has not tried to send them, as if they had never been taken. */
  giveBack(taker: string, messageIds: readonly string[]): Promise<void>;
}

/** Sends one message. The result is a {@link Delivery}, even if there was no response. Never throws. */
export type Deliver = (message: TakenMessage, signal: AbortSignal) => Promise<Delivery>;

export interface SendPorts {
  outbox: Outbox;
  deliver: Deliver;
  clock: Clock;
  log: Log;
}

export interface SendOptions {
  /** The tenant whose messages are sent. */
  tenant: string;
  /** The maximum number of messages to take. */
  limit: number;
  /** This function's timeout, in milliseconds. */
  leaseMs: number;
  /** Fires to stop sending: requests in progress are aborted, and messages that were not tried become pending again. */
  signal: AbortSignal;
}

/** The numbers of messages that were sent, that failed permanently, and that will be retried. */
export interface SendCounts {
  sent: number;
  failed: number;
  retried: number;
}

/**
 * The retry policy: ten attempts within about four hours, with pauses of 1, 2, 4, 8, 16 and 32 minutes, and then of an hour.
 */
export const MESSAGE_RETRY = {
  attempts: 10,
  baseMs: 60_000,
  capMs: 3_600_000,
  jitter: 0.2,
} satisfies BackOff & { attempts: number };

/** The maximum delay that a receiver can request with Retry-After, in milliseconds. */
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;

/** The number of messages sent in parallel, so that one slow response does not delay all other messages. */
const LANES = 10;

const COUNTED = { sent: 'sent', failed: 'failed', pending: 'retried' } as const;

/**
 * Takes and sends a tenant's oldest due messages. Each result is recorded immediately, unless another take now holds the
 * message.
 *
 * @throws StoreUnavailableError if a result could not be recorded (the message can then be taken again once its lease has
 * expired); the signal's reason if sending was stopped
 */
export async function sendMessages(options: SendOptions, ports: SendPorts): Promise<SendCounts> {
  const { tenant, limit, leaseMs, signal } = options;
  const taker = ports.clock.newId();
  const waiting = await ports.outbox.take({
    tenant,
    taker,
    limit,
    leaseMs,
    maxAttempts: MESSAGE_RETRY.attempts,
  });
  const counts: SendCounts = { sent: 0, failed: 0, retried: 0 };

  const sendInTurn = async (): Promise<void> => {
    for (;;) {
      const message = signal.aborted ? undefined : waiting.shift();
      if (!message) return;
      const outcome = await sendOne(message, taker, signal, ports);
      if (outcome) counts[COUNTED[outcome]] += 1;
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: LANES }, sendInTurn));

  if (waiting.length > 0) {
    await ports.outbox.giveBack(
      taker,
      waiting.map(({ message_id: messageId }) => messageId),
    );
  }
  for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
  signal.throwIfAborted();
  return counts;
}

/** Sends one message and records the result. Returns undefined if another take now holds the message. */
async function sendOne(
  message: TakenMessage,
  taker: string,
  signal: AbortSignal,
  { outbox, deliver, clock, log }: SendPorts,
): Promise<Settlement['status'] | undefined> {
  const { message_id: messageId, attempt } = message;
  const settlement = settlementOf(await deliver(message, signal), message, taker, clock);
  const isOurs = await outbox.settle(settlement);
  const { status } = settlement;
  log.info(
    isOurs ? 'The message was settled.' : 'The message was taken by another run; nothing was written.',
    {
      message_id: messageId,
      attempt,
      status,
    },
  );
  return isOurs ? status : undefined;
}

function settlementOf(
  delivery: Delivery,
  { message_id: messageId, attempt }: TakenMessage,
  taker: string,
  clock: Clock,
): Settlement {
  const base = { messageId, taker, attempt, receiverMessageId: null, error: null, retryInMs: 0 };
  switch (delivery.status) {
    case 'sent':
      return { ...base, ...delivery };
    case 'failed':
      return { ...base, ...delivery };
    case 'pending': {
      const { error, retryInMs = backOffMs(MESSAGE_RETRY, attempt, clock.random()) } = delivery;
      if (attempt >= MESSAGE_RETRY.attempts) return { ...base, status: 'failed', error };
      return { ...base, status: 'pending', error, retryInMs: Math.min(retryInMs, MAX_RETRY_AFTER_MS) };
    }
  }
}
