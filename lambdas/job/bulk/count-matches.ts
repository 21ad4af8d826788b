import type { JobFilter } from '../job-filter.ts';
import { filterOf, type BulkAction, type BulkStore } from './bulk-change.ts';

/** The maximum count. Counting stops after this many matches. */
export const MAX_EXACT_COUNT = 10_000;

/** The maximum number of jobs that each statement examines. */
const PAGE = 10_000;

/** The time limit for counting, in milliseconds. A limit is needed because matches may be rare among millions of jobs. */
const COUNTING_MS = 10_000;

export interface MatchCount {
  readonly matched: number;
  /** Whether `matched` is the exact number. */
  readonly exact: boolean;
}

export interface CountPorts {
  readonly store: Pick<BulkStore, 'count'>;
  readonly elapsedMs: () => number;
}

/** Counts the jobs that a bulk change would match now. An inexact count is a lower bound. */
export async function countMatches(
  tenant: string,
  action: BulkAction,
  filter: JobFilter,
  { store, elapsedMs }: CountPorts,
): Promise<MatchCount> {
  const search = filterOf(action, filter);
  const endsAt = elapsedMs() + COUNTING_MS;
  let matched = 0;
  let after: string | undefined;
  for (;;) {
    const page = await store.count(tenant, search, after, PAGE);
    matched += page.matched;
    if (matched > MAX_EXACT_COUNT) return { matched: MAX_EXACT_COUNT, exact: false };
    if (page.continueAfter === null) return { matched, exact: true };
    if (elapsedMs() >= endsAt) return { matched, exact: false };
    after = page.continueAfter;
  }
}
