/**
 * Which messages of a batch a function reports as failed, under `ReportBatchItemFailures`.
 *
 * An empty or missing list, and an empty or null answer, mean that all succeeded. What Lambda cannot make sense of (no
 * JSON object, a list that is none, an identifier that is empty or not in the batch) fails the whole batch.
 *
 * @param payload the function's answer, JSON
 * @param messageIds the ids of the batch
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
