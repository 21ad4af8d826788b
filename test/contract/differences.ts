import type { Protocol, Seen } from './contract.ts';
import type { TargetName } from './world.ts';

/** A case in which a target does something else than AWS. */
export interface Difference {
  readonly target: TargetName;
  readonly protocol: Protocol;
  /** The name of the case, which cites the page of AWS's documentation. */
  readonly case: string;
  /** What the case sees there. */
  readonly does: Seen;
  /** Where it differs from what AWS documents, in words. */
  readonly says: string;
}

export const differences: readonly Difference[] = [];
