import type { Json } from '../job.ts';
import type { JobStatus } from '../status.ts';

/**
 * The content of an approval page, and the signal that its buttons send. The signed link identifies the job and the step,
 * so the reader doesn't need the tenant.
 */
export interface ApprovalRequest {
  readonly tenant: string;
  readonly status: JobStatus;
  readonly question: string;
  /** The name of the signal that the page sends. */
  readonly signal: string;
  /** The answer's payload, if the link was already used. The answer is the signal with the key {@link answerKeyOf}. */
  readonly answer?: Json;
}

/**
 * Returns the key of the signal that an approval link sends. The key ensures that each link can be answered only once. If
 * a handler uses a step name twice, the two links send signals with the same name but different keys: `approval`,
 * `approval#2`.
 */
export function answerKeyOf(step: string): string {
  const [, index = ''] = /(#\d+)$/.exec(step) ?? [];
  return `approval${index}`;
}

export interface ApprovalReader {
  /** Returns the key that signs approval links. The key never changes within a deployment, so callers may cache it. */
  approvalKey(): Promise<Uint8Array>;
  /** Reads the content of an approval page. Returns undefined if the job or the step was deleted. */
  approval(jobId: string, step: string): Promise<ApprovalRequest | undefined>;
}
