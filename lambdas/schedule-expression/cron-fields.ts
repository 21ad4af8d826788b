import { ExpressionError } from './expression-error.ts';

/** One of the six fields of EventBridge's cron expressions, in their order. */
export interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names that stand for the numbers from `min` on. */
  readonly names?: readonly string[];
  /** Whether the field may be left open with `?`, and know the special days of {@link special}. */
  readonly special?: (value: string) => string | undefined;
}

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

/** `L`: the month's last day; `LW`: its last weekday; `15W`: the weekday that is nearest to the 15th. */
function specialDayOfMonth(value: string): string | undefined {
  if (value === 'L' || value === 'LW') return value;
  const [, day = ''] = /^(\d{1,2})W$/.exec(value) ?? [];
  return Number(day) >= 1 && Number(day) <= 31 ? `${Number(day)}W` : undefined;
}

/** `L`: Saturday, the week's last day; `6L` or `FRIL`: the month's last Friday; `6#2` or `FRI#2`: its second. */
function specialDayOfWeek(value: string): string | undefined {
  if (value === 'L') return '6';
  const [, day = '', rank] = /^([1-7]|[A-Z]{3})(L|#[1-5])$/.exec(value) ?? [];
  const number = /^\d$/.test(day) ? Number(day) - 1 : DAYS.indexOf(day);
  return rank === undefined || number < 0 ? undefined : `${number}${rank}`;
}

/** AWS numbers the days of the week from 1 for Sunday; cron from 0. */
export const CRON_FIELDS: readonly CronField[] = [
  { name: 'minutes', min: 0, max: 59 },
  { name: 'hours', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31, special: specialDayOfMonth },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of week', min: 1, max: 7, names: DAYS, special: specialDayOfWeek },
  { name: 'year', min: 1970, max: 2199 },
];

/**
 * The values of a field, every one in figures, so that no two readings of `/` or of a name are possible: `*`, a list such
 * as `0,15,30,45`, or one special day.
 *
 * @throws ExpressionError that quotes what is not understood, without saying in which field
 */
export function readField(field: CronField, text: string): '*' | readonly number[] | { special: string } {
  if (text === '*') return '*';
  const special = field.special?.(text.toUpperCase());
  if (special !== undefined) return { special };
  const values = text.split(',').flatMap((item) => readItem(field, item));
  return [...new Set(values)].sort((a, b) => a - b);
}

function readItem(field: CronField, item: string): number[] {
  const { min, max } = field;
  const [range = '', step, ...more] = item.split('/');
  if (more.length > 0 || item === '') throw notUnderstood(field, item);
  if (step !== undefined && !/^[1-9]\d{0,3}$/.test(step)) throw notUnderstood(field, item);
  const [first = '', last, ...others] = range.split('-');
  if (others.length > 0) throw notUnderstood(field, item);
  const from = range === '*' ? min : readValue(field, first);
  // With a step, a single value is where it begins: 0/15 is 0, 15, 30, 45.
  const single = range !== '*' && last === undefined && step === undefined;
  const to = last !== undefined ? readValue(field, last) : single ? from : max;
  if (from > to)
    throw new ExpressionError(`"${item}" runs backwards; put the lower value first, or give two ranges`);
  const values: number[] = [];
  for (let value = from; value <= to; value += Number(step ?? 1)) values.push(value);
  return values;
}

function readValue(field: CronField, text: string): number {
  const { min, max, names = [] } = field;
  const named = names.indexOf(text.toUpperCase());
  if (named !== -1) return named + min;
  if (!/^\d{1,4}$/.test(text)) throw notUnderstood(field, text);
  const value = Number(text);
  if (value < min || value > max) {
    throw new ExpressionError(`"${text}" is out of range; it must be from ${min} to ${max}`);
  }
  return value;
}

function notUnderstood({ min, max, names, special }: CronField, text: string): ExpressionError {
  const taken = [
    `${min}-${max}`,
    ...(names ? [`${names[0] ?? ''}-${names.at(-1) ?? ''}`] : []),
    `, - * /${special ? ' ? or one special day' : ''}`,
  ];
  return new ExpressionError(
    `"${text}" is not understood; it takes ${taken.join(', ').replace(', ,', ' and ,')}`,
  );
}
