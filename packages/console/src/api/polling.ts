import type { Query } from '@tanstack/preact-query';

/** The shortest and the longest polling interval, in milliseconds. */
const SHORTEST = 2_000;
const LONGEST = 30_000;

/**
 * The polling interval, as a share of the time since the data last changed. The interval grows with that time, so a page that is left open does
 * not keep the database busy.
 */
const SHARE_OF_UNCHANGED = 1 / 15;

const changes = new WeakMap<object, { data: unknown; since: number }>();

/** Returns the `refetchInterval`: 2 s while the data is changing, and up to 30 s while it stays the same. A hidden page does not poll. */
export function pollInterval(query: Pick<Query, 'state'> & object): number {
  const { data, dataUpdatedAt, errorUpdatedAt } = query.state;
  const known = changes.get(query);
  const latest = Math.max(dataUpdatedAt, errorUpdatedAt);
  if (known?.data !== data || known === undefined) {
    changes.set(query, { data, since: latest });
    return SHORTEST;
  }
  return pauseAfter(latest - known.since);
}

/** @param unchangedFor milliseconds since the data last changed */
export function pauseAfter(unchangedFor: number): number {
  return Math.min(LONGEST, Math.max(SHORTEST, unchangedFor * SHARE_OF_UNCHANGED));
}
