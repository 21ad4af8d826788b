import type { CloudWatch } from '../cloudwatch/cloudwatch.ts';
import type { MessageStore } from './message-store.ts';
import type { QueueStore } from './queue-store.ts';

/**
 * The maximum receive count with which a message can still be the oldest. SQS moves messages that were received more times to the back of the queue.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
 */
const MAX_RECEIVE_COUNT = 3;

/** Publishes each queue's message counts, and the age of its oldest message, whenever CloudWatch reads the gauges. */
export function addQueueGauges(
  { addGauges, measurements: { publish } }: Pick<CloudWatch, 'addGauges' | 'measurements'>,
  queues: QueueStore,
  messages: MessageStore,
): void {
  addGauges(({ moment, systemTime, clock }) => {
    for (const { name } of queues.list()) {
      const dimensions = [{ QueueName: name }];
      const { visible, inFlight, delayed } = messages.counts(name, systemTime);
      const oldest = messages.oldestSentAt(name, MAX_RECEIVE_COUNT);
      const age = oldest === undefined ? 0 : Math.max(0, moment - clock.at(oldest)) / 1000;
      const at = { moment };
      publish('AWS/SQS ApproximateNumberOfMessagesVisible', dimensions, visible, at);
      publish('AWS/SQS ApproximateNumberOfMessagesNotVisible', dimensions, inFlight, at);
      publish('AWS/SQS ApproximateNumberOfMessagesDelayed', dimensions, delayed, at);
      publish('AWS/SQS ApproximateAgeOfOldestMessage', dimensions, age, at);
    }
  });
}
