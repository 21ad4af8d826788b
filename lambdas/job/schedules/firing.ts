/** A firing, as the timetable delivers it: at least once, maybe late. */
export interface Firing {
  tenant: string;
  name: string;
  /** The scheduled time, ISO 8601. It identifies the firing. */
  fireTime: string;
  /** The revision of the schedule that fired. */
  revision: string;
}

/**
 * An older firing submits nothing, in days. The longest outage that firings survive: a weekend and a day. The store remembers decided
 * firings for longer, so that a firing that is delivered twice never submits two jobs.
 */
export const MAX_FIRING_AGE_DAYS = 4;

/** Whether a firing is too old to submit its job. */
export function isTooOld({ fireTime }: Firing, now: Date): boolean {
  return Date.parse(fireTime) < now.getTime() - MAX_FIRING_AGE_DAYS * 86_400_000;
}
