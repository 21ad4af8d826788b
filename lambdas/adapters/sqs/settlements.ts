import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchItemFailure, SQSRecord } from 'aws-lambda';
import { RESUME_SECONDS } from '../../job/aurora-times.ts';
import { StoreUnavailableError } from '../../job/errors.ts';
import type { ServiceLog } from '../../job/log.ts';
import type { Settlement } from '../../job/settle.ts';
import { inBatches } from './batches.ts';

/**
 * The maximum visibility timeout, in seconds. SQS allows twelve hours, counted from the message's receipt. The twelfth
 * hour is reserved for the time that has already passed since the receipt.
 */
const MAX_VISIBILITY_SECONDS = 11 * 3600;

/**
 * Decides how to settle a delivery if the database was unreachable. If the database is resuming, the message returns once
 * the database should be available. During an outage, the message stays hidden for its full visibility timeout, because
 * early returns would use up the 100 deliveries after which SQS moves it to the dead-letter queue.
 */
export function unsettled<D>(delivery: D, error: unknown): Settlement<D> {
  return error instanceof StoreUnavailableError && error.isResuming
    ? { delivery, action: 'return', afterSeconds: RESUME_SECONDS.typical }
    : { delivery, action: 'leave' };
}

/** The queue that delivered the messages, and a log for rejected requests. */
export interface DeliveringQueue {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly log: ServiceLog;
}

type SettlementOfRecord = Settlement<{ readonly id: string; readonly jobId?: string }>;

/**
 * Carries out the settlements, and returns the messages to report as failed. Failed messages stay on the queue, and
 * return after their visibility timeout. Before that, sets the visibility timeout of each message that should return at a
 * certain time, with one request for up to ten messages. Does not throw: a message whose timeout could not be set returns
 * later.
 *
 * @param records the batch that Lambda passed to the function
 */
export async function settleDeliveries(
  settlements: readonly SettlementOfRecord[],
  records: readonly SQSRecord[],
  queue: DeliveringQueue,
): Promise<SQSBatchItemFailure[]> {
  const handles = new Map(records.map(({ messageId, receiptHandle }) => [messageId, receiptHandle]));
  const returning = settlements.flatMap((settlement) =>
    settlement.action === 'return'
      ? [{ ...settlement, receiptHandle: handles.get(settlement.delivery.id) }]
      : [],
  );
  await Promise.all(inBatches(returning).map((batch) => setVisibility(batch, queue)));
  return settlements
    .filter(({ action }) => action !== 'ack')
    .map(({ delivery }) => ({ itemIdentifier: delivery.id }));
}

type ReturningMessage = SettlementOfRecord & {
  readonly afterSeconds: number;
  readonly receiptHandle: string | undefined;
};

async function setVisibility(
  messages: readonly ReturningMessage[],
  { client, queueUrl, log }: DeliveringQueue,
): Promise<void> {
  const warn = ({ delivery }: ReturningMessage, error: unknown): void => {
    log.warn(
      'visibility_not_set',
      "A message's visibility timeout could not be changed; it returns after its current timeout.",
      { message_id: delivery.id, job_id: delivery.jobId, error },
    );
  };
  try {
    const { Failed: failed = [] } = await client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: messages.map(({ receiptHandle, afterSeconds }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: Math.min(afterSeconds, MAX_VISIBILITY_SECONDS),
        })),
      }),
    );
    for (const { Id: id, Message: reason } of failed) {
      const message = messages[Number(id)];
      if (message) warn(message, reason);
    }
  } catch (error) {
    for (const message of messages) warn(message, error);
  }
}
