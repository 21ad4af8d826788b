import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DedupHolder, DedupKey } from '../../job/dedup.ts';

/**
 * A dedup window in DynamoDB. Each object has one item, which contains `job_id`, `owner`, `window_ends_at` (in epoch
 * milliseconds), and the TTL `expires_at` (in epoch seconds). A window is open if its end is in the future. The item may
 * outlive the window, because DynamoDB can take days to delete it.
 */
export interface DedupItem extends Record<string, AttributeValue> {
  pk: AttributeValue.SMember;
  job_id: AttributeValue.SMember;
  owner: AttributeValue.SMember;
  window_ends_at: AttributeValue.NMember;
  expires_at: AttributeValue.NMember;
}

export function partitionKey({ tenant, objectId }: DedupKey): string {
  return `object#${tenant}#${objectId}`;
}

export function toItem(key: DedupKey, holder: DedupHolder): DedupItem {
  const endsAt = holder.windowEndsAt.getTime();
  return {
    pk: { S: partitionKey(key) },
    job_id: { S: holder.jobId },
    owner: { S: holder.owner },
    window_ends_at: { N: String(endsAt) },
    expires_at: { N: String(Math.ceil(endsAt / 1000)) },
  };
}

/**
 * Returns the result of trying to open a window that already has an item.
 *
 * @throws Error if the item is not a dedup window
 */
export function heldBy(
  item: Record<string, AttributeValue> | undefined,
  holder: DedupHolder,
): { opened: true } | { opened: false; holder: DedupHolder } {
  const found = toHolder(item);
  // The item may be this submission's own, if the SDK retried the write after a lost response. Comparing the owners is not
  // enough, because a job's repeated submission has the same owner, and an earlier attempt may have adopted another job's
  // key.
  const isOwn = found.owner === holder.owner && found.jobId === holder.jobId;
  return isOwn ? { opened: true } : { opened: false, holder: found };
}

function toHolder(item: Record<string, AttributeValue> | undefined): DedupHolder {
  const { job_id: jobId, owner, window_ends_at: endsAt } = item ?? {};
  if (!jobId?.S || !owner?.S || !endsAt?.N) {
    throw new Error('DynamoDB rejected the dedup key without returning the item that holds it.');
  }
  return { jobId: jobId.S, owner: owner.S, windowEndsAt: new Date(Number(endsAt.N)) };
}
