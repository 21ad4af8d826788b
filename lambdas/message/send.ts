import type { Chance, Log } from '../job/ports.ts';
import { backOffMs, type RetryPolicy } from '../job/retry-policy.ts';
import type { TakenMessage } from './message.ts';
import type { Deliver, Delivery, Outbox, Settlement } from './ports.ts';

export interface SendPorts {
  outbox: Outbox;
  deliver: Deliver;
  chance: Chance;
  log: Log;
}

export interface SendOptions {
  /** The tenant whose messages are sent. */
  tenant: string;
  /** The most messages that are taken. */
  limit: number;
  /** How long the function may run, in milliseconds. */
  leaseMs: number;
  /** Stops the run: what is on its way is broken off, what is not goes back. */
  signal: AbortSignal;
}

/** How many messages this run has sent, failed for good, and put off. */
export interface SendCounts {
  sent: number;
  failed: number;
  retried: number;
}

/** Ten attempts within about four hours: 1, 2, 4, 8, 16 and 32 minutes after each other, then an hour. */
export const MESSAGE_RETRY: RetryPolicy = { attempts: 10, baseMs: 60_000, capMs: 3_600_000, jitter: 0.2 };

/** The longest that a receiver's Retry-After puts a message off, in milliseconds. */
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;

/** How many messages are on their way at once. Side by side, so that one slow answer does not cost the others their time. */
const LANES = 10;

const COUNTED = { sent: 'sent', failed: 'failed', pending: 'retried' } as const;

/**
 * Takes a tenant's oldest messages that are due and sends them; what became of each is written as soon as it is known, by the
 * take that holds it and no other.
 *
 * @throws StoreUnavailableError where an outcome could not be written: that message is taken again after its lease; the
 *   reason of the signal
 */
export async function sendMessages(options: SendOptions, ports: SendPorts): Promise<SendCounts> {
  const { tenant, limit, leaseMs, signal } = options;
  const taker = ports.chance.newId();
  const waiting = await ports.outbox.take({
    ...{ tenant, taker, limit, leaseMs },
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

/** Sends one message and writes what became of it; undefined where another take had it by then. */
async function sendOne(
  message: TakenMessage,
  taker: string,
  signal: AbortSignal,
  { outbox, deliver, chance, log }: SendPorts,
): Promise<Settlement['status'] | undefined> {
  const { message_id: messageId, attempt } = message;
  const settlement = settlementOf(await deliver(message, signal), message, taker, chance);
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
  chance: Chance,
): Settlement {
  const base = { messageId, taker, attempt, receiverMessageId: null, error: null, retryInMs: 0 };
  switch (delivery.status) {
    case 'sent':
      return { ...base, ...delivery };
    case 'failed':
      return { ...base, ...delivery };
    case 'pending': {
      const { error, retryInMs = backOffMs(MESSAGE_RETRY, attempt, chance.random()) } = delivery;
      if (attempt >= MESSAGE_RETRY.attempts) return { ...base, status: 'failed', error };
      return { ...base, status: 'pending', error, retryInMs: Math.min(retryInMs, MAX_RETRY_AFTER_MS) };
    }
  }
}
