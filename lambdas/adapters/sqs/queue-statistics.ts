import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { StoreUnavailableError } from '../../job/errors.ts';
import type { QueueStatistics } from '../../job/statistics.ts';

/** The depth of a queue, by one call. */
export function createQueueStatistics(client: SQSClient, queueUrl: string): QueueStatistics {
  return {
    async read() {
      try {
        const { Attributes: counts } = await client.send(
          new GetQueueAttributesCommand({
            QueueUrl: queueUrl,
            AttributeNames: [
              'ApproximateNumberOfMessages',
              'ApproximateNumberOfMessagesNotVisible',
              'ApproximateNumberOfMessagesDelayed',
            ],
          }),
        );
        return {
          visible: Number(counts?.ApproximateNumberOfMessages ?? 0),
          in_flight: Number(counts?.ApproximateNumberOfMessagesNotVisible ?? 0),
          delayed: Number(counts?.ApproximateNumberOfMessagesDelayed ?? 0),
        };
      } catch (error) {
        throw new StoreUnavailableError('sqs', 'no', error);
      }
    },
  };
}
