/** Thrown for an invalid rate, cron expression or time zone. The message names the invalid part and the valid values. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

/** The syntax of IANA time zone names, such as `America/Argentina/Buenos_Aires` or `Etc/GMT+1`. */
const NAME = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;

const DAY_MS = 86_400_000;

/**
 * A cache of the time zones' formats, by lower-case name, least recently used first. The names are lowercased because ICU
 * accepts names in any case, and the cache's size is limited because a format takes about 30 KB. Without lowercase names and a
 * size limit, a caller could fill the memory with `europe/berlin`, `Europe/berlin` and so on.
 */
const formats = new Map<string, Intl.DateTimeFormat>();
const MAX_FORMATS = 64;

/** @throws ExpressionError if the name is not an IANA time zone */
export function requireZone(zone: string): void {
  try {
    if (NAME.test(zone)) return void formatOf(zone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new ExpressionError(`"${zone}" is not an IANA time zone; use a name such as Europe/Berlin or UTC`);
}

/**
 * Returns the local time in a zone at a given time, as the UTC time with the same date and time of day. Uses the
 * zone's rules in Node's ICU.
 */
export function wallClockAt(moment: number, zone: string): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(moment)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
    ((moment % 1000) + 1000) % 1000,
  );
}

/**
 * Returns the time at which clocks in a zone show a local time; undefined if the clocks skip that local time when they go
 * forward. If the local time occurs twice because the clocks go back, returns the first occurrence.
 */
export function momentOf(wallClock: number, zone: string): number | undefined {
  // Try the offsets a day before and a day after: no zone is more than a day away from UTC, and none changes its offset
  // twice within two days.
  const offsets = [wallClock - DAY_MS, wallClock + DAY_MS].map((near) => wallClockAt(near, zone) - near);
  return offsets
    .map((offset) => wallClock - offset)
    .sort((a, b) => a - b)
    .find((moment) => wallClockAt(moment, zone) === wallClock);
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const key = zone.toLowerCase();
  const format =
    formats.get(key) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      calendar: 'gregory',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  formats.delete(key);
  formats.set(key, format);
  const [oldest] = formats.keys();
  if (formats.size > MAX_FORMATS && oldest !== undefined) formats.delete(oldest);
  return format;
}
