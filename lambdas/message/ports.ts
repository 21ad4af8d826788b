import type { Message, MessageStatus, NewMessage, TakenMessage } from './message.ts';

/** The messages as the API writes and reads them. All writes have the effect of one when they are made twice. */
export interface MessageStore {
  insert(message: NewMessage): Promise<Message>;
  get(tenant: string, messageId: string): Promise<Message | undefined>;
  list(query: MessageQuery): Promise<Message[]>;
}

export interface MessageQuery {
  tenant: string;
  status?: MessageStatus | undefined;
  /** Only messages older than this one: the keyset. */
  before?: string | undefined;
  limit: number;
}

/** What has become of an attempt: the message's next state. */
export type Delivery =
  /** The receiver answered 2xx. */
  | { status: 'sent'; receiverMessageId: string | null }
  /** Another attempt may succeed; where the receiver said when, not before. */
  | { status: 'pending'; error: string; retryInMs: number | undefined }
  | { status: 'failed'; error: string };

/** A {@link Delivery} by a certain attempt, with its back-off decided. */
export interface Settlement {
  messageId: string;
  /** The fencing token: the id of the take. */
  taker: string;
  attempt: number;
  status: 'sent' | 'pending' | 'failed';
  receiverMessageId: string | null;
  error: string | null;
  /** Milliseconds until the next attempt of a pending one. */
  retryInMs: number;
}

export interface TakeOptions {
  /** The tenant whose messages are taken. */
  tenant: string;
  /** A new UUID for each take; the same take made again gets its own messages back. */
  taker: string;
  limit: number;
  /** Until when nobody else takes them, in milliseconds from now: as long as this function may run. */
  leaseMs: number;
  /** A message whose last allowed attempt left its lease run out fails instead. */
  maxAttempts: number;
}

/** The messages as a run sends them. All writes have the effect of one when they are made twice. */
export interface Outbox {
  /** Takes the tenant's oldest that are due, oldest first. Two takes at once never get the same message. */
  take(options: TakeOptions): Promise<TakenMessage[]>;
  /** Writes what became of an attempt. False where another take has the message by now: then nothing changed. */
  settle(settlement: Settlement): Promise<boolean>;
  /** Puts back what this take has not tried to send, as if it had not been taken. */
  giveBack(taker: string, messageIds: readonly string[]): Promise<void>;
}

/** Sends one message. An answer of any kind, or none, is a {@link Delivery}; it never throws. */
export type Deliver = (message: TakenMessage, signal: AbortSignal) => Promise<Delivery>;
