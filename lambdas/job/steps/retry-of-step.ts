import { MAX_ATTEMPTS, MAX_BACK_OFF, MAX_TIMEOUT } from '../definition.ts';
import type { RetryOptions } from '../retry-options.ts';
import type { RetryPolicy } from '../retry-policy.ts';
import { refusal } from './step-names.ts';

/**
 * Validates the arguments of a `step.run` call, and returns the call's retry policy.
 *
 * @param ofJob the job's policy, used for the options that the step doesn't set
 * @throws TypeError that names the step and the argument
 */
export function requireRetry(
  name: string,
  fn: unknown,
  options: RetryOptions = {},
  timeoutSeconds: number | undefined,
  ofJob: RetryPolicy,
): RetryPolicy {
  const require = (isValid: boolean, argument: string, given: unknown, expected: string): void => {
    if (!isValid) throw refusal('run', name, `${argument} is ${String(given)}. Use ${expected}`);
  };
  const isSeconds = (value: unknown): boolean =>
    value === undefined || (typeof value === 'number' && value >= 0 && value <= MAX_BACK_OFF);
  const isWhole = (value: unknown, most: number): boolean =>
    value === undefined || (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most);
  const { attempts, baseSeconds, capSeconds } = options;
  require(typeof fn === 'function', 'fn', fn, 'a function');
  require(isWhole(
    attempts,
    MAX_ATTEMPTS,
  ), 'retry.attempts', attempts, `a whole number from 1 to ${MAX_ATTEMPTS}`);
  require(isSeconds(baseSeconds), 'retry.baseSeconds', baseSeconds, `seconds from 0 to ${MAX_BACK_OFF}`);
  require(isSeconds(capSeconds), 'retry.capSeconds', capSeconds, `seconds from 0 to ${MAX_BACK_OFF}`);
  require(isWhole(
    timeoutSeconds,
    MAX_TIMEOUT,
  ), 'timeoutSeconds', timeoutSeconds, `a whole number from 1 to ${MAX_TIMEOUT}`);
  return {
    ...ofJob,
    attempts: attempts ?? ofJob.attempts,
    baseMs: baseSeconds === undefined ? ofJob.baseMs : baseSeconds * 1000,
    capMs: capSeconds === undefined ? ofJob.capMs : capSeconds * 1000,
  };
}
