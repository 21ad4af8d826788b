/**
 * The maximum number of messages per SQS batch request
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-batch-api-actions.html).
 */
const BATCH = 10;

/** Splits a list into parts of `size` items. Only the last part may be smaller. @param size at least 1 */
export function inBatches<T>(items: readonly T[], size = BATCH): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
