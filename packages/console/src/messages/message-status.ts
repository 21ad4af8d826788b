import type { Schema } from 'errand-client';

export type MessageStatus = Schema<'MessageStatus'>;

export const MESSAGE_STATUSES: readonly MessageStatus[] = ['pending', 'sending', 'sent', 'failed'];

export function isMessageStatus(status: unknown): status is MessageStatus {
  return (MESSAGE_STATUSES as readonly unknown[]).includes(status);
}
