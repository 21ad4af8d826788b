import type { ClaimedJob } from './attempt-store.ts';
import type { SettlementOfMessage } from './settle.ts';

// Jobs of a type with `versioning: 'pinned'` continue on the worker version that recorded their first step. The current
// version claims those jobs and invokes the pinned version, which repeats the claim under the same worker name and therefore
// gets the same claim: docs/decisions/0085-pinned-versions.md.

/** The jobs that the current version hands over to an earlier one: the invocation's event, without its key. */
export interface PinnedBatch {
  /** The worker name under which the jobs were claimed. */
  readonly worker: string;
  /** Milliseconds until the jobs must be recorded. */
  readonly remainingMs: number;
  readonly jobs: readonly {
    readonly jobId: string;
    /** Whether the current version has a message that names only this job. */
    readonly hasMessage: boolean;
  }[];
}

/** How to settle the message of each job that has one, by job id. */
export type PinnedSettlements = Readonly<Record<string, SettlementOfMessage>>;

/**
 * Invokes a version of this function and waits for its response.
 *
 * @returns undefined if the version may have run the jobs without responding
 * @throws ThrottledError if the version has no capacity; FinalError if it no longer exists; Error if it can't be invoked. In
 * each of these cases it has not run the jobs.
 */
export type RunOnVersion = (
  version: string,
  batch: PinnedBatch,
  signal: AbortSignal,
) => Promise<PinnedSettlements | undefined>;

/** The running function's versions. */
export interface Versions {
  /** This code's version: a number, or `$LATEST`. */
  readonly own: string;
  readonly run: RunOnVersion;
}

/** The version that a job must run on; undefined if any version may run it. */
export function versionOf({ steps = [] }: ClaimedJob): string | undefined {
  return steps.find(({ detail }) => detail.version !== undefined)?.detail.version;
}

/** Separates the jobs that this version runs from those for other versions. */
export function byVersion(
  jobs: readonly ClaimedJob[],
  versions: Versions | undefined,
): { here: ClaimedJob[]; elsewhere: Map<string, ClaimedJob[]> } {
  const here: ClaimedJob[] = [];
  const elsewhere = new Map<string, ClaimedJob[]>();
  for (const job of jobs) {
    const version = versionOf(job);
    if (!versions || version === undefined || version === versions.own) here.push(job);
    else elsewhere.set(version, [...(elsewhere.get(version) ?? []), job]);
  }
  return { here, elsewhere };
}
