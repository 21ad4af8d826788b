/** Node.js timers are limited to 2^31 - 1 ms, which is slightly more than 24 days. */
const MAX_DAYS = 24;
const MILLISECONDS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Parses a rate expression into its period in milliseconds.
 *
 * @param expression `rate(1 minute)`, `rate(5 minutes)`, …; the unit is singular for 1 and plural otherwise
 * @throws Error that quotes the expression, and describes valid expressions
 */
export function periodOf(expression: string): number {
  const [, digits, unit] = /^rate\(([1-9]\d*) (minutes?|hours?|days?)\)$/.exec(expression) ?? [];
  const plural = unit?.endsWith('s');
  if (digits === undefined || unit === undefined || plural !== Number(digits) > 1) {
    const accepted = 'rate(1 minute), rate(n minutes), or the same with hour and day';
    const reason = expression.startsWith('cron(')
      ? 'the embedded EventBridge has no cron schedules; use'
      : 'Parameter ScheduleExpression is not valid; it must be';
    throw new Error(`Schedule ${expression}: ${reason} ${accepted}`);
  }
  const period = Number(digits) * MILLISECONDS[unit.replace(/s$/, '') as keyof typeof MILLISECONDS];
  if (period > MAX_DAYS * MILLISECONDS.day) {
    throw new Error(`Schedule ${expression}: the embedded EventBridge has no periods over ${MAX_DAYS} days`);
  }
  return period;
}
