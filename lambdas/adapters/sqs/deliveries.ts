import { ChangeMessageVisibilityCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchItemFailure, SQSRecord } from 'aws-lambda';
import type { Delivery, Settlement } from '../../job/execute.ts';
import type { Log } from '../../job/log.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reads the wake-ups of a batch. A message that is none is logged and dropped: no delivery could ever make sense of it. */
export function readDeliveries(records: readonly SQSRecord[], log: Log): Delivery[] {
  return records.flatMap((record) => {
    const jobId = readJobId(record.body);
    if (jobId === undefined) {
      log.error('A message on the queue is no wake-up; it is dropped.', { message_id: record.messageId });
      return [];
    }
    return [{ id: record.messageId, jobId }];
  });
}

function readJobId(body: string): string | undefined {
  try {
    const message: unknown = JSON.parse(body);
    if (typeof message !== 'object' || message === null || !('job_id' in message)) return undefined;
    return typeof message.job_id === 'string' && UUID.test(message.job_id) ? message.job_id : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Carries out what becomes of each delivery: what is not acknowledged is reported as failed, and comes back after its
 * visibility timeout, which is set first where the delivery is to come back at a certain time.
 */
export async function settleDeliveries(
  settlements: readonly Settlement[],
  records: readonly SQSRecord[],
  { client, queueUrl, log }: { client: SQSClient; queueUrl: string; log: Log },
): Promise<SQSBatchItemFailure[]> {
  const handles = new Map(records.map(({ messageId, receiptHandle }) => [messageId, receiptHandle]));
  const failures = settlements.filter(({ action }) => action !== 'ack');
  await Promise.all(
    failures.map(async (settlement) => {
      if (settlement.action !== 'return') return;
      try {
        await client.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl: queueUrl,
            ReceiptHandle: handles.get(settlement.delivery.id),
            VisibilityTimeout: Math.min(settlement.afterSeconds, MAX_VISIBILITY_SECONDS),
          }),
        );
      } catch (error) {
        log.warn('The visibility of a message could not be set; it returns when its timeout ends.', {
          job_id: settlement.delivery.jobId,
          error,
        });
      }
    }),
  );
  return failures.map(({ delivery }) => ({ itemIdentifier: delivery.id }));
}

/** Twelve hours, the most that SQS allows from the receipt on; one hour is kept for what has passed since. */
const MAX_VISIBILITY_SECONDS = 11 * 3600;
