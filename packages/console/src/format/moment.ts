const ABSOLUTE = new Intl.DateTimeFormat(undefined, {
  dateStyle: 'medium',
  timeStyle: 'long',
});

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

const CLOCK_TO_MINUTE = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

const DAY = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });

/** Formats the date and time in the user's time zone, including the zone. */
export function formatAbsolute(time: string | number): string {
  return ABSOLUTE.format(new Date(time));
}

/** Formats the time of day for logs, with milliseconds: `02:41:07.120`. */
export function formatClock(time: string): string {
  const date = new Date(time);
  return `${CLOCK.format(date)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** Formats a minute: `02:41` for today, `Nov 28, 02:41` for any other day. */
export function formatMinute(time: string | number, now: number): string {
  const date = new Date(time);
  const clock = CLOCK_TO_MINUTE.format(date);
  return date.toDateString() === new Date(now).toDateString() ? clock : `${DAY.format(date)}, ${clock}`;
}
