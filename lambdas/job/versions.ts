import type { ClaimedJob } from './attempt-store.ts';
import type { SettlementOfMessage } from './settle.ts';

// Jobs of a type with `versioning: 'pinned'` continue on the worker version that recorded their first step. The current
// version claims the job and invokes the pinned version. The pinned version repeats the claim with the same worker name,
// so it gets the same claim (docs/decisions/0085-pinned-versions.md).

/** The payload of the event that hands jobs over to an earlier version. */
export interface PinnedBatch {
  /** The worker name that was used to claim the jobs. */
  readonly worker: string;
  /** The time until the jobs' outcomes must be recorded, in milliseconds. */
  readonly remainingMs: number;
  readonly jobs: readonly {
    readonly jobId: string;
    /**
     * Whether the current version has received a message for only this job. The earlier version can then settle that message.
     */
    readonly hasMessage: boolean;
  }[];
}

/** The settlement of each job's message, by job id. */
export type PinnedSettlements = Readonly<Record<string, SettlementOfMessage>>;

/**
 * Invokes a version of this function and waits for its response.
 *
 * @returns undefined if the version may have run the jobs without responding
 * @throws ThrottledError if the version has no capacity; FinalError if the version no longer exists; Error if the version
 * can't be invoked. Whichever error is thrown, the version has not run the jobs.
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

/** Returns the version that a job must run on; undefined if any version may run the job. */
export function versionOf({ steps = [] }: ClaimedJob): string | undefined {
  return steps.find(({ detail }) => detail.version !== undefined)?.detail.version;
}

/** Separates the jobs that this version can run from the jobs that are pinned to other versions. */
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
