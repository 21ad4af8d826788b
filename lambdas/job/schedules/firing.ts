/** One occurrence of a schedule. The timetable delivers each firing at least once, possibly late. */
export interface Firing {
  tenant: string;
  name: string;
  /** The scheduled time in ISO 8601, which identifies the firing. */
  fireTime: string;
  /** The revision that the schedule had when it fired. */
  revision: string;
}

/**
 * The maximum age of a firing, in days; an older firing doesn't submit a job. Firings therefore survive an outage of up to
 * four days, such as a long weekend plus one day. The store remembers processed firings for longer than this maximum, so
 * a firing that is delivered twice never submits two jobs.
 */
export const MAX_FIRING_AGE_DAYS = 4;

/** Whether a firing is too old to submit its job. */
export function isTooOld({ fireTime }: Firing, now: Date): boolean {
  return Date.parse(fireTime) < now.getTime() - MAX_FIRING_AGE_DAYS * 86_400_000;
}
