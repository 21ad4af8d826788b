import { Cron } from 'croner';
import { ExpressionError, momentOf, wallClockAt } from './zone.ts';

/** One of the six fields in EventBridge Scheduler's cron expressions. */
export interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names for the numbers, starting with the name for `min`. */
  readonly names?: readonly string[];
  /** Parses a special day. Set only for the two day fields. */
  readonly special?: (value: string) => string | undefined;
}

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

/**
 * Parses a special day of the month: `L` is the last day, `LW` is the last weekday, and `15W` is the weekday nearest to the
 * 15th.
 */
function specialDayOfMonth(value: string): string | undefined {
  if (value === 'L' || value === 'LW') return value;
  const [, day = ''] = /^(\d{1,2})W$/.exec(value) ?? [];
  return Number(day) >= 1 && Number(day) <= 31 ? `${Number(day)}W` : undefined;
}

/**
 * Parses a special day of the week: `L` is Saturday (the last day of the week), `6L` or `FRIL` is the last Friday of the
 * month, and `6#2` or `FRI#2` is the second Friday.
 */
function specialDayOfWeek(value: string): string | undefined {
  if (value === 'L') return '6';
  const [, day = '', rank] = /^([1-7]|[A-Z]{3})(L|#[1-5])$/.exec(value) ?? [];
  const number = /^\d$/.test(day) ? Number(day) - 1 : DAYS.indexOf(day);
  return rank === undefined || number < 0 ? undefined : `${number}${rank}`;
}

/**
 * The fields, in the order in which they appear in an expression. AWS numbers the days of the week from 1 (Sunday); other
 * cron implementations number them from 0.
 */
export const CRON_FIELDS: readonly CronField[] = [
  { name: 'minutes', min: 0, max: 59 },
  { name: 'hours', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31, special: specialDayOfMonth },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  { name: 'day of week', min: 1, max: 7, names: DAYS, special: specialDayOfWeek },
  { name: 'year', min: 1970, max: 2199 },
];

/**
 * Parses a field's values: `*`, a list such as `0,15,30,45`, or one special day. Ranges, steps and names are expanded to
 * numbers, so that croner interprets them in the same way as AWS.
 *
 * @throws ExpressionError that quotes the invalid part, but does not name the field
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
  // With a step, a single value is the start of a range: 0/15 means 0, 15, 30, 45.
  const single = range !== '*' && last === undefined && step === undefined;
  const to = last !== undefined ? readValue(field, last) : single ? from : max;
  if (from > to)
    throw new ExpressionError(`"${item}" runs backwards; put the lower value first, or use two ranges`);
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

/** A parsed EventBridge Scheduler cron expression. */
export interface CronExpression {
  /** The six fields, separated by single spaces. */
  readonly text: string;
  /** Calculates the local times at which the expression fires, as UTC times with the same date and time of day. */
  readonly calendar: Cron;
}

const DAY_OF_MONTH = 2;
const DAY_OF_WEEK = 4;

/**
 * Parses an expression with EventBridge Scheduler's six fields: minutes, hours, day of month, month, day of week, year. AWS
 * requires that exactly one of the two day fields is `?`.
 *
 * @throws ExpressionError that gives the field's number and name
 */
export function readCron(text: string): CronExpression {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== CRON_FIELDS.length) {
    const names = CRON_FIELDS.map(({ name }) => name).join(', ');
    throw new ExpressionError(
      `has ${text.trim() === '' ? 0 : fields.length} fields; it must have six: ${names}`,
    );
  }
  const open = [DAY_OF_MONTH, DAY_OF_WEEK].filter((index) => fields[index] === '?');
  if (open.length !== 1) {
    throw new ExpressionError(
      'field 3 (day of month) and field 5 (day of week): exactly one of them must be ?, the other says on which days',
    );
  }
  const pattern = fields.map((field, index) => patternOf(field, index));
  const calendar = new Cron(['0', ...pattern].join(' '), { timezone: 'UTC', paused: true });
  return { text: fields.join(' '), calendar };
}

/**
 * Returns the first time after `after` at which the expression fires in `zone`; undefined if there is none. Like AWS, Errand
 * doesn't fire at a local time that is skipped when clocks go forward, and fires only once at a local time that occurs
 * twice.
 */
export function nextOfCron({ calendar }: CronExpression, zone: string, after: number): number | undefined {
  let wallClock = wallClockAt(after, zone);
  for (;;) {
    const next = calendar.nextRun(new Date(wallClock))?.getTime();
    if (next === undefined) return undefined;
    const moment = momentOf(next, zone);
    if (moment !== undefined && moment > after) return moment;
    wallClock = next;
  }
}

/**
 * Converts a field to croner's syntax, which numbers the days of the week from 0. Ranges, steps and names become numbers.
 */
function patternOf(text: string, index: number): string {
  const field = CRON_FIELDS[index];
  if (!field || text === '?') {
    if (!field?.special) throw new ExpressionError(`field ${index + 1} (${field?.name ?? ''}) must not be ?`);
    return '*';
  }
  try {
    const values = readField(field, text);
    if (values === '*') return '*';
    if ('special' in values) return values.special;
    return values.map((value) => (index === DAY_OF_WEEK ? value - 1 : value)).join(',');
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new ExpressionError(`field ${index + 1} (${field.name}): ${error.message}`);
  }
}
