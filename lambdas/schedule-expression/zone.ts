import { ExpressionError } from './expression-error.ts';

/** IANA's names: letters, with digits, `_`, `+` and `-` within, in parts between slashes. */
const NAME = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;

const DAY_MS = 86_400_000;

/**
 * The formats of the zones used last, by lower-cased name, in the order of use. ICU takes a name in any case, and a format has
 * about 30 KB: without both, one caller fills the memory with `europe/berlin`, `Europe/berlin` and so on.
 */
const formats = new Map<string, Intl.DateTimeFormat>();
const MAX_FORMATS = 64;

/** @throws ExpressionError for anything that is no IANA time zone */
export function requireZone(zone: string): void {
  try {
    if (NAME.test(zone)) return void formatOf(zone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new ExpressionError(`"${zone}" is no IANA time zone; give one such as Europe/Berlin or UTC`);
}

/**
 * What a clock on the wall shows at a moment, as the milliseconds at which a clock in UTC shows the same. The zone's rules
 * are those of the ICU that Node.js was built with.
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
 * The first moment at which a clock on the wall shows a time; undefined for one that it never shows, because it is put
 * forward over it. Where it is put back, the time comes twice, and the first counts.
 */
export function momentOf(wallClock: number, zone: string): number | undefined {
  // No zone is more than a day from UTC, and no two changes of a zone's offset are as close as that.
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
