import type { AuditEntry } from '../job/audit.ts';

/** The messages as the API writes and reads them. All writes are idempotent. */
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

/** `pending`: waits to be sent, for the first time or again. `sending`: a run has taken it. The others are ends. */
export const MESSAGE_STATUSES = ['pending', 'sending', 'sent', 'failed'] as const;

export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** The longest content, in characters (Unicode code points); the table has the same limit. */
export const MAX_CONTENT = 1_000;

/** The most messages that one run takes. */
export const MAX_PER_RUN = 100;

/** A message as the API shows it. Times are ISO 8601 in UTC; names are those of the API. */
export interface Message {
  message_id: string;
  to: string;
  content: string;
  status: MessageStatus;
  /** How often it was taken to be sent. */
  attempt: number;
  /** Not before this moment; null for one that is not pending. */
  next_attempt_at: string | null;
  /** What the receiver called it, if it said. */
  receiver_message_id: string | null;
  /** Why the last attempt did not send it. */
  error: string | null;
  create_time: string;
  /** When it was sent or failed. */
  end_time: string | null;
}

/** What the API writes. */
export interface NewMessage {
  message_id: string;
  tenant: string;
  to: string;
  content: string;
  submitted_by: AuditEntry['actor'];
}

/** A message that a run has taken. */
export interface TakenMessage {
  message_id: string;
  to: string;
  content: string;
  /** This attempt's number, from 1. */
  attempt: number;
}
