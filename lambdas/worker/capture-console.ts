import { format } from 'node:util';
import type { Log } from '../job/log.ts';

const LEVELS = {
  debug: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warn',
  error: 'error',
  trace: 'debug',
} as const;

/**
 * Adds the `console` output of a job's code to the job's log. Doesn't capture output outside attempts, or the output of a
 * library that stored a reference to a `console` method earlier.
 *
 * @param attemptLog the current attempt's log; undefined outside attempts
 */
export function captureConsole(
  console: Pick<Console, keyof typeof LEVELS>,
  attemptLog: () => Log | undefined,
): void {
  for (const [method, level] of Object.entries(LEVELS) as [keyof typeof LEVELS, keyof Log][]) {
    const print = console[method].bind(console);
    console[method] = (...values: unknown[]): void => {
      const log = attemptLog();
      if (log) log[level](format(...values));
      else print(...values);
    };
  }
}
