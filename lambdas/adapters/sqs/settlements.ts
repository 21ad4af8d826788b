import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchItemFailure, SQSRecord } from 'aws-lambda';
import { RESUME_SECONDS } from '../../job/aurora-times.ts';
import { StoreUnavailableError } from '../../job/errors.ts';
import type { ServiceLog } from '../../job/log.ts';
import type { Settlement } from '../../job/settle.ts';
import { inBatches } from './batches.ts';

/** Twelve hours, the most that SQS allows from the receipt on; one hour is kept for what has passed since. */
const MAX_VISIBILITY_SECONDS = 11 * 3600;

/**
 * What becomes of a delivery that met no database. A resuming one answers soon. During an outage the visibility timeout is the better pause:
 * SQS moves a message to the dead-letter queue after 100 deliveries.
 */
export function unsettled<D>(delivery: D, error: unknown): Settlement<D> {
  return error instanceof StoreUnavailableError && error.isResuming
    ? { delivery, action: 'return', afterSeconds: RESUME_SECONDS.typical }
    : { delivery, action: 'leave' };
}

/** The queue that delivered, and where to log what it refuses. */
export interface DeliveringQueue {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly log: ServiceLog;
}

type SettlementOfRecord = Settlement<{ readonly id: string; readonly jobId?: string }>;

/**
 * Carries out what becomes of each delivery. A message that is not acknowledged is reported as failed, so that it stays on the queue and
 * returns when its visibility timeout ends. If it is to return at a certain time, that timeout is set first, with one request for up to
 * ten messages. Does not throw: a message whose timeout could not be set returns later.
 *
 * @param records the batch that Lambda was invoked with
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
      'The visibility of a message could not be set; it returns when its timeout ends.',
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
