/** A message to send. */
export interface NewMessage {
  readonly messageId: string;
  readonly body: string;
  readonly bodyMd5: string;
  /** The message attributes as JSON; null if there are none. */
  readonly attributes: string | null;
  readonly attributesMd5: string | null;
  /** SenderId, MessageGroupId and others as JSON. */
  readonly systemAttributes: string;
  readonly sentAt: number;
  /** The time at which the message becomes visible. For a delayed message, this time is later than `sentAt`. */
  readonly visibleAt: number;
}

/** A due message in the database. */
export interface Row extends NewMessage {
  readonly id: number;
  readonly receiveCount: number;
  readonly deliveries: number;
  readonly firstReceivedAt: number | null;
}

export const DUE_COLUMNS = `id, message_id AS messageId, body, body_md5 AS bodyMd5, attributes,
  attributes_md5 AS attributesMd5, system_attributes AS systemAttributes, sent_at AS sentAt, visible_at AS visibleAt,
  receive_count AS receiveCount, deliveries, first_received_at AS firstReceivedAt`;
