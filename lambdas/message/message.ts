import type { AuditEntry } from '../job/audit.ts';

/** The API's access to messages. All writes are idempotent. */
export interface MessageStore {
  insert(message: NewMessage): Promise<Message>;
  get(tenant: string, messageId: string): Promise<Message | undefined>;
  list(query: MessageQuery): Promise<Message[]>;
}

export interface MessageQuery {
  tenant: string;
  status?: MessageStatus | undefined;
  /** For keyset pagination: return only messages that are older than this message. */
  before?: string | undefined;
  limit: number;
}

/**
 * A message's states. `pending`: waiting for its first or next attempt. `sending`: taken by a job that sends messages. The
 * other states are final.
 */
export const MESSAGE_STATUSES = ['pending', 'sending', 'sent', 'failed'] as const;

export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** The maximum length of a message's content, in characters (Unicode code points). The table has the same limit. */
export const MAX_CONTENT = 1_000;

/** The maximum number of messages that one job takes. */
export const MAX_PER_RUN = 100;

/** A message in the API's format, with the API's field names. Times are ISO 8601 in UTC. */
export interface Message {
  message_id: string;
  to: string;
  content: string;
  status: MessageStatus;
  /** The number of attempts to send the message so far. */
  attempt: number;
  /** The earliest time of the next attempt; null if the message is not pending. */
  next_attempt_at: string | null;
  /** The receiver's id for the message, if the receiver returned one. */
  receiver_message_id: string | null;
  /** Why the last attempt failed; otherwise null. */
  error: string | null;
  create_time: string;
  /** When the message was sent or failed. */
  end_time: string | null;
}

/** A new message to insert. */
export interface NewMessage {
  message_id: string;
  tenant: string;
  to: string;
  content: string;
  submitted_by: AuditEntry['actor'];
}

/** A message that a job has taken for sending. */
export interface TakenMessage {
  message_id: string;
  to: string;
  content: string;
  /** This attempt's number, from 1. */
  attempt: number;
}
