/** A firing, which the timetable delivers at least once and maybe late. */
export interface Firing {
  tenant: string;
  name: string;
  /** The scheduled time, ISO 8601. This time identifies the firing. */
  fireTime: string;
  /** The revision of the schedule that fired. */
  revision: string;
}

/**
 * The maximum age of a firing in days; an older firing submits nothing. It is the longest outage that firings survive: a weekend
 * and a day. The store remembers decided firings for longer, so that a firing that is delivered twice never submits two jobs.
 */
export const MAX_FIRING_AGE_DAYS = 4;

/** Whether a firing is too old to submit its job. */
export function isTooOld({ fireTime }: Firing, now: Date): boolean {
  return Date.parse(fireTime) < now.getTime() - MAX_FIRING_AGE_DAYS * 86_400_000;
}
