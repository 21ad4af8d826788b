import { ExpressionError } from './expression-error.ts';

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const UNITS = 'minutes, hours or days';

/** The longest period: whoever asks for more meant something else, or wants a date. */
const MAX_MS = 3_660 * UNIT_MS.day;

/** A period, as `value unit`. */
export interface Rate {
  readonly periodMs: number;
  /** As AWS writes it: `1 minute`, `2 minutes`. */
  readonly text: string;
}

/**
 * Reads a period such as `2 minutes`; `1 minutes` is taken for `1 minute`. A day is 24 hours, whatever clocks are put to.
 *
 * @throws ExpressionError that says whether the value or the unit is wrong
 */
export function readRate(text: string): Rate {
  const [value = '', unit = '', ...rest] = text.trim().split(/\s+/);
  if (unit === '' || rest.length > 0) {
    throw new ExpressionError(`"${text}" is no rate; give a value and a unit, such as 2 minutes`);
  }
  if (!/^[1-9]\d{0,8}$/.test(value)) {
    throw new ExpressionError(`field 1 (value) is "${value}"; it must be a whole number from 1`);
  }
  const singular = unit.replace(/s$/, '');
  if (!isUnit(singular)) throw new ExpressionError(`field 2 (unit) is "${unit}"; it must be ${UNITS}`);
  const periodMs = Number(value) * UNIT_MS[singular];
  if (periodMs > MAX_MS)
    throw new ExpressionError(`field 1 (value) is "${value}"; it must be ten years at most`);
  return { periodMs, text: `${value} ${singular}${value === '1' ? '' : 's'}` };
}

/** The first of the moments `anchor`, `anchor` + period, … that is later than `after`. */
export function nextOfRate({ periodMs }: Rate, anchor: number, after: number): number {
  if (after < anchor) return anchor;
  return anchor + (Math.floor((after - anchor) / periodMs) + 1) * periodMs;
}

function isUnit(unit: string): unit is keyof typeof UNIT_MS {
  return Object.hasOwn(UNIT_MS, unit);
}
