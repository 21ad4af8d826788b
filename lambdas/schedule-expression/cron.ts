import { Cron } from 'croner';
import { CRON_FIELDS, readField } from './cron-fields.ts';
import { ExpressionError } from './expression-error.ts';
import { momentOf, wallClockAt } from './zone.ts';

/** A cron expression of EventBridge Scheduler, ready to be asked. */
export interface CronExpression {
  /** The six fields with one space between them. */
  readonly text: string;
  /** The times on the wall, asked for in UTC. */
  readonly calendar: Cron;
}

const DAY_OF_MONTH = 2;
const DAY_OF_WEEK = 4;

/**
 * Reads EventBridge Scheduler's six fields: minutes, hours, day of month, month, day of week, year. One of the two fields of
 * days is `?`, as AWS demands.
 *
 * @throws ExpressionError that names the field by its number and its name
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
 * The first moment after `after` at which a clock on the wall of `zone` shows a time of the expression; undefined where
 * there is none left. As AWS has it, a time that is skipped when clocks are put forward is skipped, and one that comes
 * twice when they are put back counts once, the first time.
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

/** A field in croner's words: figures alone, and the days of the week from 0. */
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
