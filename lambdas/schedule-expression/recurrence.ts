import { nextOfCron, readCron, type CronExpression } from './cron.ts';
import { nextOfRate, readRate, type Rate } from './rate.ts';

/** When something happens again and again. */
export type Recurrence =
  | { readonly kind: 'cron'; readonly cron: CronExpression; readonly zone: string }
  /** `anchor`: the first time, in ms since 1970. */
  | { readonly kind: 'rate'; readonly rate: Rate; readonly anchor: number };

/** @throws ExpressionError */
export function cronRecurrence(expression: string, zone: string): Recurrence {
  return { kind: 'cron', cron: readCron(expression), zone };
}

/** @throws ExpressionError */
export function rateRecurrence(expression: string, anchor: number): Recurrence {
  return { kind: 'rate', rate: readRate(expression), anchor };
}

/** Between two moments: from the first on, up to the last. Both in ms since 1970. */
export interface Bounds {
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

/** The first time after `after` and within the bounds, in ms since 1970; undefined where none is left. */
export function nextTime(recurrence: Recurrence, after: number, bounds: Bounds = {}): number | undefined {
  const { from = -Infinity, until = Infinity } = bounds;
  const start = Math.max(after, from - 1);
  const next =
    recurrence.kind === 'cron'
      ? nextOfCron(recurrence.cron, recurrence.zone, start)
      : nextOfRate(recurrence.rate, recurrence.anchor, start);
  return next !== undefined && next <= until ? next : undefined;
}
