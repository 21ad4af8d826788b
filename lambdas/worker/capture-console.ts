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
 * Turns what a job's code prints with `console` into lines of the job's log. What is printed outside of any attempt stays as it is. So does
 * what a library prints through a method that it took from `console` before.
 *
 * @param attemptLog where to write what is printed now; undefined outside of any attempt
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
