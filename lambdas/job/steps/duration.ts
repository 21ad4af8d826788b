import type { Duration } from './step.ts';
import { refusal } from './step-names.ts';

const MS_OF = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

const DURATION = /^(\d+(?:\.\d+)?)([smhdw])$/;

/** The maximum length of a wait: a year, in milliseconds. */
export const MAX_WAIT_MS = 365 * MS_OF.d;

const EXPECTED =
  'seconds, or a number with a unit such as "30s", "15m", "2h", "3d" or "2w", of at most a year';

/**
 * Converts a duration to whole milliseconds.
 *
 * @throws TypeError that names the step
 */
export function durationMs(method: string, name: string, option: string, duration: Duration): number {
  const ms = Math.ceil(inMs(duration));
  if (ms >= 0 && ms <= MAX_WAIT_MS) return ms;
  const given = typeof duration === 'string' ? `"${duration}"` : String(duration);
  throw refusal(method, name, `${option} is ${given}. Use ${EXPECTED}`);
}

function inMs(duration: unknown): number {
  if (typeof duration === 'number') return duration * 1_000;
  const [, count, unit] = (typeof duration === 'string' ? DURATION.exec(duration) : null) ?? [];
  return unit === undefined ? Number.NaN : Number(count) * MS_OF[unit as keyof typeof MS_OF];
}

/**
 * Returns the number of milliseconds from now until a time; 0 if that time has passed.
 *
 * @throws TypeError that names the step
 */
export function untilMs(name: string, moment: Date | string, now: number): number {
  const at = moment instanceof Date ? moment.getTime() : Date.parse(moment);
  if (Number.isNaN(at)) {
    throw refusal(
      'sleepUntil',
      name,
      `the moment is "${String(moment)}". Use a Date, or a string such as "2026-12-24T18:00:00Z"`,
    );
  }
  if (at - now > MAX_WAIT_MS)
    throw refusal('sleepUntil', name, `${new Date(at).toISOString()} is more than a year from now`);
  return Math.max(0, at - now);
}
