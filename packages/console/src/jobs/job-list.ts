import type { Schema } from 'errand-client';

export type JobSummary = Schema<'JobSummary'>;

export interface JobPage {
  readonly items: readonly JobSummary[];
  readonly next_cursor: string | null;
}

/** The rows that a list shows: everything from its newest row to `nextCursor`. */
export interface ShownJobs {
  readonly items: readonly JobSummary[];
  readonly nextCursor: string | null;
}

export function firstShown(page: JobPage): ShownJobs {
  return { items: page.items, nextCursor: page.next_cursor };
}

/**
 * The list with the newest page: new rows on top, known rows as they are now. Rows within the newest page's range that are not in it no
 * longer match the filter, and go.
 */
export function withNewest(shown: ShownJobs, newest: JobPage): ShownJobs {
  const last = newest.items.at(-1);
  if (newest.next_cursor === null) return firstShown(newest);
  // A page may be empty and yet not the last: the API reads a limited number of jobs for each.
  if (!last) return shown;
  const known = shown.items.findIndex((job) => job.job_id === last.job_id);
  // More new rows than one page holds: between it and the old rows others are missing.
  if (known < 0) return firstShown(newest);
  return { items: [...newest.items, ...shown.items.slice(known + 1)], nextCursor: shown.nextCursor };
}

/** The same rows in the same places, as the newest page has them. */
export function withChanges(shown: ShownJobs, newest: JobPage): ShownJobs {
  const changed = new Map(newest.items.map((job) => [job.job_id, job]));
  return { ...shown, items: shown.items.map((job) => changed.get(job.job_id) ?? job) };
}

/** How many rows of the newest page the list does not show yet. */
export function countNew(shown: ShownJobs, newest: JobPage): number {
  const known = new Set(shown.items.map((job) => job.job_id));
  const firstKnown = newest.items.findIndex((job) => known.has(job.job_id));
  return firstKnown < 0 ? newest.items.length : firstKnown;
}

export function withOlder(shown: ShownJobs, older: JobPage): ShownJobs {
  const known = new Set(shown.items.map((job) => job.job_id));
  const added = older.items.filter((job) => !known.has(job.job_id));
  return { items: [...shown.items, ...added], nextCursor: older.next_cursor };
}
