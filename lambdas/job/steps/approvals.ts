import type { Json } from '../job.ts';
import type { JobStatus } from '../status.ts';

/**
 * The content of an approval link's page, and the effects of its buttons. The link's signature identifies the job and the
 * step, so no tenant is needed.
 */
export interface ApprovalRequest {
  readonly tenant: string;
  readonly status: JobStatus;
  readonly question: string;
  /** The name of the signal that the page sends. */
  readonly signal: string;
  /** The payload of the answer, if the link was already used. The answer is the signal whose key is {@link answerKeyOf}. */
  readonly answer?: Json;
}

/**
 * The key of the signal that an approval link sends. Because of this key, the link works only once. If a step name is used
 * again, the step's links send the same signal with different keys: `approval`, `approval#2`.
 */
export function answerKeyOf(step: string): string {
  const [, index = ''] = /(#\d+)$/.exec(step) ?? [];
  return `approval${index}`;
}

export interface ApprovalReader {
  /** The key that signs approval links. It never changes within a deployment, so callers may cache it. */
  approvalKey(): Promise<Uint8Array>;
  /** Undefined if the job or the step was deleted. */
  approval(jobId: string, step: string): Promise<ApprovalRequest | undefined>;
}
