import { ExpressionError } from './zone.ts';
import { nextOfCron, readCron, type CronExpression } from './cron.ts';

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const UNITS = 'minutes, hours or days';

// When a schedule fires: at a fixed rate, or by a cron expression.

/** The maximum period, in milliseconds. */
const MAX_MS = 3_660 * UNIT_MS.day;

/** A period, written as a value and a unit. */
export interface Rate {
  readonly periodMs: number;
  /** The rate in AWS's syntax: `1 minute`, `2 minutes`. */
  readonly text: string;
}

/**
 * Parses a period such as `2 minutes`. Also accepts `1 minutes` for `1 minute`. A day is always 24 hours, even when daylight
 * saving time begins or ends.
 *
 * @throws ExpressionError that says whether the value or the unit is wrong
 */
export function readRate(text: string): Rate {
  const [value = '', unit = '', ...rest] = text.trim().split(/\s+/);
  if (unit === '' || rest.length > 0) {
    throw new ExpressionError(`"${text}" is not a rate; enter a value and a unit, such as 2 minutes`);
  }
  if (!/^[1-9]\d{0,8}$/.test(value)) {
    throw new ExpressionError(`field 1 (value) is "${value}"; it must be a whole number from 1`);
  }
  const singular = unit.replace(/s$/, '');
  if (!isUnit(singular)) throw new ExpressionError(`field 2 (unit) is "${unit}"; it must be ${UNITS}`);
  const periodMs = Number(value) * UNIT_MS[singular];
  if (periodMs > MAX_MS)
    throw new ExpressionError(`field 1 (value) is "${value}"; it must be at most ten years`);
  return { periodMs, text: `${value} ${singular}${value === '1' ? '' : 's'}` };
}

/** Returns the first time after `after` in the series `anchor`, `anchor` + period, … */
export function nextOfRate({ periodMs }: Rate, anchor: number, after: number): number {
  if (after < anchor) return anchor;
  return anchor + (Math.floor((after - anchor) / periodMs) + 1) * periodMs;
}

function isUnit(unit: string): unit is keyof typeof UNIT_MS {
  return Object.hasOwn(UNIT_MS, unit);
}

/** A cron expression with its time zone, or a rate with its first firing time. */
export type Recurrence =
  | { readonly kind: 'cron'; readonly cron: CronExpression; readonly zone: string }
  /** `anchor` is the first firing time, in epoch milliseconds. */
  | { readonly kind: 'rate'; readonly rate: Rate; readonly anchor: number };

/** @throws ExpressionError */
export function cronRecurrence(expression: string, zone: string): Recurrence {
  return { kind: 'cron', cron: readCron(expression), zone };
}

/** @throws ExpressionError */
export function rateRecurrence(expression: string, anchor: number): Recurrence {
  return { kind: 'rate', rate: readRate(expression), anchor };
}

/** The earliest and latest times at which a schedule may fire, in epoch milliseconds. */
export interface Bounds {
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

/** Returns the first time after `after` that is within the bounds, in epoch milliseconds; undefined if there is none. */
export function nextTime(recurrence: Recurrence, after: number, bounds: Bounds = {}): number | undefined {
  const { from = -Infinity, until = Infinity } = bounds;
  const start = Math.max(after, from - 1);
  const next =
    recurrence.kind === 'cron'
      ? nextOfCron(recurrence.cron, recurrence.zone, start)
      : nextOfRate(recurrence.rate, recurrence.anchor, start);
  return next !== undefined && next <= until ? next : undefined;
}
