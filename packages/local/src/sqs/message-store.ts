import type { DatabaseSync } from 'node:sqlite';
import { createFairOrder } from './fair-order.ts';
import { handleOf, type Receipt } from './receipt.ts';
import { DUE_COLUMNS } from './stored-message.ts';
import type { NewMessage, Row } from './stored-message.ts';

/** A delivered message. */
export interface DeliveredMessage extends NewMessage {
  readonly receiptHandle: string;
  /** The message's receive count, including this delivery. If the message was redriven, deliveries from its old queue count too. */
  readonly receiveCount: number;
  readonly firstReceivedAt: number;
}

/** How a queue's messages are redriven: the target queue, the source queue's ARN, and the maximum number of receives. */
export interface Redrive {
  readonly queue: string;
  readonly sourceArn: string;
  readonly maxReceiveCount: number;
}

export interface ReceiveRequest {
  readonly maxMessages: number;
  readonly visibilityTimeoutSeconds: number;
  readonly redrive?: Redrive | undefined;
}

/** A queue's message counts, by visibility. */
export interface MessageCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** All queues' messages. Times are milliseconds since the epoch. */
export interface MessageStore {
  /** Sends all of the messages or none. */
  send(queue: string, messages: readonly NewMessage[]): void;
  /**
   * Delivers due messages fairly across groups. Within a group, the message that has been visible longest comes first. Messages that have
   * reached `maxReceiveCount` are redriven instead.
   */
  receive(
    queue: string,
    request: ReceiveRequest,
    now: number,
  ): { delivered: DeliveredMessage[]; redriven: number };
  /** Deletes a message. Does nothing if the message no longer exists. */
  delete(receipt: Receipt): void;
  /** @returns undefined if the message has been deleted or redriven. `receivedAt` is the time of the message's last delivery. */
  find(receipt: Receipt): { visibleAt: number; receivedAt: number } | undefined;
  setVisibleAt(receipt: Receipt, visibleAt: number): void;
  /** Returns the earliest time at which a message becomes, or became, visible. */
  firstVisibleAt(queue: string): number | undefined;
  counts(queue: string, now: number): MessageCounts;
  /**
   * Returns the time at which the oldest message was sent, or was moved to the dead-letter queue. Ignores messages received more than
   * `maxReceiveCount` times.
   */
  oldestSentAt(queue: string, maxReceiveCount: number): number | undefined;
  purge(queue: string): void;
  deleteSentBefore(queue: string, time: number): void;
}

export function createMessageStore(database: DatabaseSync): MessageStore {
  const insert = database.prepare(`
    INSERT INTO message (queue, message_id, body, body_md5, attributes, attributes_md5, system_attributes, sent_at, visible_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const selectDue = database.prepare(`
    SELECT ${DUE_COLUMNS} FROM message WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, id LIMIT ?`);
  const deliver = database.prepare(`
    UPDATE message SET visible_at = ?, received_at = ?, receive_count = receive_count + 1,
           deliveries = deliveries + 1, first_received_at = coalesce(first_received_at, ?)
    WHERE id = ?`);
  const redrive = database.prepare(`
    UPDATE message SET queue = ?, visible_at = ?, deliveries = 0,
           system_attributes = json_set(system_attributes, '$.DeadLetterQueueSourceArn', ?)
    WHERE id = ?`);
  const remove = database.prepare('DELETE FROM message WHERE queue = ? AND id = ? AND message_id = ?');
  const selectReceived = database.prepare(`
    SELECT visible_at AS visibleAt, received_at AS receivedAt FROM message
    WHERE queue = ? AND id = ? AND message_id = ?`);
  const updateVisibleAt = database.prepare(
    'UPDATE message SET visible_at = ? WHERE queue = ? AND id = ? AND message_id = ?',
  );
  const selectFirstVisible = database.prepare(
    'SELECT min(visible_at) AS visibleAt FROM message WHERE queue = ?',
  );
  const count = database.prepare(`
    SELECT count(*) FILTER (WHERE visible_at <= :now) AS visible,
           count(*) FILTER (WHERE visible_at > :now AND deliveries > 0) AS inFlight,
           count(*) FILTER (WHERE visible_at > :now AND deliveries = 0) AS delayed
    FROM message WHERE queue = :queue`);
  const selectOldest = database.prepare(`
    SELECT min(CASE WHEN deliveries = 0 AND receive_count > 0 THEN visible_at ELSE sent_at END) AS sentAt
    FROM message WHERE queue = ? AND deliveries <= ?`);
  const removeAll = database.prepare('DELETE FROM message WHERE queue = ?');
  const removeSentBefore = database.prepare('DELETE FROM message WHERE queue = ? AND sent_at < ?');

  function atOnce<Result>(work: () => Result): Result {
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  }

  function insertInto(queue: string, message: NewMessage): void {
    const { messageId, body, bodyMd5, attributes, attributesMd5, systemAttributes, sentAt, visibleAt } =
      message;
    insert.run(
      queue,
      messageId,
      body,
      bodyMd5,
      attributes,
      attributesMd5,
      systemAttributes,
      sentAt,
      visibleAt,
    );
  }

  const fairlyDue = createFairOrder(database);

  function due(queue: string, now: number, limit: number): Row[] {
    const fair = fairlyDue(queue, now, limit);
    if (fair) return fair;
    return selectDue.all(queue, now, limit) as unknown as Row[];
  }

  function receive(queue: string, request: ReceiveRequest, now: number): ReturnType<MessageStore['receive']> {
    const { maxMessages, redrive: policy, visibilityTimeoutSeconds } = request;
    let rows = due(queue, now, maxMessages);
    if (rows.length === 0) return { delivered: [], redriven: 0 };
    return atOnce(() => {
      let redriven = 0;
      for (;;) {
        const exhausted = policy ? rows.filter((row) => row.deliveries >= policy.maxReceiveCount) : [];
        if (!policy || exhausted.length === 0) break;
        for (const { id } of exhausted) redrive.run(policy.queue, now, policy.sourceArn, id);
        redriven += exhausted.length;
        rows = due(queue, now, maxMessages);
      }
      const visibleAt = now + visibilityTimeoutSeconds * 1000;
      const delivered = rows.map(({ id, ...row }) => {
        deliver.run(visibleAt, now, now, id);
        const firstReceivedAt = row.firstReceivedAt ?? now;
        const receiveCount = row.receiveCount + 1;
        const receiptHandle = handleOf({ queue, id, messageId: row.messageId, receiveCount });
        return { ...row, receiptHandle, visibleAt, receiveCount, firstReceivedAt };
      });
      return { delivered, redriven };
    });
  }

  return {
    send(queue, messages) {
      // A single statement needs no explicit transaction.
      if (messages.length === 1) for (const message of messages) insertInto(queue, message);
      else
        atOnce(() => {
          for (const message of messages) insertInto(queue, message);
        });
    },
    receive,
    delete({ queue, id, messageId }) {
      remove.run(queue, id, messageId);
    },
    find({ queue, id, messageId }) {
      return selectReceived.get(queue, id, messageId) as
        { visibleAt: number; receivedAt: number } | undefined;
    },
    setVisibleAt({ queue, id, messageId }, visibleAt) {
      updateVisibleAt.run(visibleAt, queue, id, messageId);
    },
    firstVisibleAt: (queue) => (selectFirstVisible.get(queue)?.visibleAt ?? undefined) as number | undefined,
    counts: (queue, now) => ({ ...count.get({ queue, now }) }) as unknown as MessageCounts,
    oldestSentAt: (queue, maxReceiveCount) =>
      (selectOldest.get(queue, maxReceiveCount)?.sentAt ?? undefined) as number | undefined,
    purge(queue) {
      removeAll.run(queue);
    },
    deleteSentBefore(queue, time) {
      removeSentBefore.run(queue, time);
    },
  };
}
