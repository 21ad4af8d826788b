import type { ClaimedJob } from './attempt-store.ts';
import type { SettlementOfMessage } from './settle.ts';

// Jobs of a type with `versioning: 'pinned'` continue in the version of the worker that recorded their first step. The current
// version claims them and invokes that version, which repeats the claim under the same name and so gets the same claim:
// docs/decisions/0085-pinned-versions.md.

/** The jobs that the current version hands to an earlier one. The event of the invocation, without its key. */
export interface PinnedBatch {
  /** The name under which the jobs were claimed. */
  readonly worker: string;
  /** Milliseconds until the jobs must be recorded. */
  readonly remainingMs: number;
  readonly jobs: readonly {
    readonly jobId: string;
    /** Whether the current version has a message that names this job only. */
    readonly hasMessage: boolean;
  }[];
}

/** How to settle the message of each job that has one, by the job's id. */
export type PinnedSettlements = Readonly<Record<string, SettlementOfMessage>>;

/**
 * Invokes a version of this function, and waits for its response.
 *
 * @returns undefined if the version may have run the jobs without responding
 * @throws ThrottledError if the version has no capacity; FinalError if it no longer exists; Error if it can't be invoked. In
 * these cases it has not run the jobs.
 */
export type RunOnVersion = (
  version: string,
  batch: PinnedBatch,
  signal: AbortSignal,
) => Promise<PinnedSettlements | undefined>;

/** The versions of the running function. */
export interface Versions {
  /** The version of this code: a number, or `$LATEST`. */
  readonly own: string;
  readonly run: RunOnVersion;
}

/** The version that a job must run in; undefined if any version may run it. */
export function versionOf({ steps = [] }: ClaimedJob): string | undefined {
  return steps.find(({ detail }) => detail.version !== undefined)?.detail.version;
}

/** Separates the jobs that this version runs from those of other versions. */
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
