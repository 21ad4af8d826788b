/**
 * Returns the messages of a batch that a function reports as failed (`ReportBatchItemFailures`).
 *
 * An empty or missing list, and an empty or null response, mean that all messages succeeded. If Lambda can't interpret the response, the
 * whole batch fails. This is the case if the response is not a JSON object, if the failures are not a list, or if an identifier is empty or
 * not in the batch.
 *
 * @param payload the function's response, as JSON
 * @param messageIds the IDs of the messages in the batch
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function failedMessageIds(payload: string, messageIds: readonly string[]): ReadonlySet<string> {
  const all = new Set(messageIds);
  const none = new Set<string>();
  let answer: unknown;
  try {
    answer = JSON.parse(payload);
  } catch {
    return all;
  }
  if (answer === null || answer === '') return none;
  if (typeof answer !== 'object') return all;
  const { batchItemFailures } = answer as { batchItemFailures?: unknown };
  if (batchItemFailures === undefined || batchItemFailures === null) return none;
  if (!Array.isArray(batchItemFailures)) return all;
  const failed = batchItemFailures.map((item: { itemIdentifier?: unknown } | null) => item?.itemIdentifier);
  return failed.every((id) => typeof id === 'string' && all.has(id)) ? new Set(failed as string[]) : all;
}
