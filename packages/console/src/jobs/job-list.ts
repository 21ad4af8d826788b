import type { Schema } from 'errand-client';

export type JobSummary = Schema<'JobSummary'>;

export interface JobPage {
  readonly items: readonly JobSummary[];
  readonly next_cursor: string | null;
}

/** The rows shown in a list: all rows from the newest one up to `nextCursor`. */
export interface ShownJobs {
  readonly items: readonly JobSummary[];
  readonly nextCursor: string | null;
}

export function firstShown(page: JobPage): ShownJobs {
  return { items: page.items, nextCursor: page.next_cursor };
}

/**
 * Merges the newest page into the list: new rows are added on top, known rows are updated. Rows in the newest page's range that
 * are missing from the page no longer match the filter, so they are removed.
 */
export function withNewest(shown: ShownJobs, newest: JobPage): ShownJobs {
  const last = newest.items.at(-1);
  if (newest.next_cursor === null) return firstShown(newest);
  // A page can be empty without being the last one, because the API reads a limited number of jobs per page.
  if (!last) return shown;
  const known = shown.items.findIndex((job) => job.job_id === last.job_id);
  // If every row on the page is new, rows may be missing between the page and the old rows.
  if (known < 0) return firstShown(newest);
  return { items: [...newest.items, ...shown.items.slice(known + 1)], nextCursor: shown.nextCursor };
}

/** Updates rows in place from the newest page. */
export function withChanges(shown: ShownJobs, newest: JobPage): ShownJobs {
  const changed = new Map(newest.items.map((job) => [job.job_id, job]));
  return { ...shown, items: shown.items.map((job) => changed.get(job.job_id) ?? job) };
}

/** Returns the number of rows on the newest page that the list does not show yet. */
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
