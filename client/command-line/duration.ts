import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads a span of time such as `90s`, `30m`, `24h` or `7d`, as milliseconds.
 *
 * @throws InvalidArgumentError for any other text
 */
export function readDuration(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const milliseconds = UNITS[unit];
  if (count === undefined || milliseconds === undefined) {
    throw new InvalidArgumentError('It must be a number with a unit: 90s, 30m, 24h or 7d.');
  }
  return Number(count) * milliseconds;
}
