import type { ClaimedJob } from './attempt-store.ts';
import type { SettlementOfMessage } from './settle.ts';

// Jobs of a type with `versioning: 'pinned'` go on in the version of the worker that recorded their first step. The current version
// claims them and invokes that one, which repeats the claim under the same name and gets it: docs/decisions/0085-pinned-versions.md.

/** What the current version asks an earlier one to run. The event of the invocation, besides its key. */
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

/** What becomes of the message of each job that has one, by the job's id. */
export type PinnedSettlements = Readonly<Record<string, SettlementOfMessage>>;

/**
 * Invokes a version of this function, and waits for its answer.
 *
 * @returns undefined if the version may have run the jobs, and said nothing
 * @throws ThrottledError if it has no capacity; FinalError if it no longer exists; Error if it can't be invoked. It has not run the jobs.
 */
export type RunOnVersion = (
  version: string,
  batch: PinnedBatch,
  signal: AbortSignal,
) => Promise<PinnedSettlements | undefined>;

/** The versions of the function that runs. */
export interface Versions {
  /** The version of this code: a number, or `$LATEST`. */
  readonly own: string;
  readonly run: RunOnVersion;
}

/** The version that a job must run in; undefined if any version may run it. */
export function versionOf({ steps = [] }: ClaimedJob): string | undefined {
  return steps.find(({ detail }) => detail.version !== undefined)?.detail.version;
}

/** The jobs that this version runs, and those of other versions. */
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
