import type { Json } from '../job.ts';
import type { JobStatus } from '../status.ts';

/** What an approval link shows and does. The link's signature names the job and the step, so no tenant is asked for. */
export interface ApprovalRequest {
  readonly tenant: string;
  readonly status: JobStatus;
  readonly question: string;
  /** The name of the signal that the answer is sent as. */
  readonly signal: string;
  /** The payload of the answer, once it was given: of the signal with the key {@link answerKeyOf}. */
  readonly answer?: Json;
}

/**
 * The key of the signal that an approval link sends, so that a link works once. The links of a name that is used again send the same signal
 * with other keys: `approval`, `approval#2`.
 */
export function answerKeyOf(step: string): string {
  const [, index = ''] = /(#\d+)$/.exec(step) ?? [];
  return `approval${index}`;
}

export interface ApprovalReader {
  /** The key that approval links are signed with. The deployment never changes it, so callers may cache it. */
  approvalKey(): Promise<Uint8Array>;
  /** Undefined if the job or its step was deleted. */
  approval(jobId: string, step: string): Promise<ApprovalRequest | undefined>;
}
