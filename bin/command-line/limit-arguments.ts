import { InvalidArgumentError } from 'commander';
import type { RateLimit, SubmitOptions } from 'errand-client';
import { readDuration } from './arguments.ts';

// Parsers for the options that limit a job. The API validates the numbers.

export type Concurrency = NonNullable<SubmitOptions['concurrency']>;

/**
 * Parses a concurrency limit such as `acme=2`. The key (here `acme`) may contain `=`.
 *
 * @throws InvalidArgumentError for any other string
 */
export function toConcurrency(text: string): Concurrency {
  const [, key, limit] = /^(.+)=(\d{1,9})$/su.exec(text) ?? [];
  if (key === undefined || limit === undefined)
    throw new InvalidArgumentError('It must be a key and a limit: acme=2.');
  return { key, limit: Number(limit) };
}

/**
 * Parses a rate limit such as `acme=10/60s`, or `acme=10/60s/3` with a burst. The key (here `acme`) may contain `=` and `/`.
 *
 * @throws InvalidArgumentError for any other string
 */
export function toRateLimit(text: string): RateLimit {
  const [, key, limit, period, burst] =
    /^(.+)=(\d{1,9})\/(\d{1,6}[smhd])(?:\/(\d{1,9}))?$/su.exec(text) ?? [];
  if (key === undefined || limit === undefined || period === undefined) {
    throw new InvalidArgumentError(
      'It must be a key, a limit and a period: acme=10/60s, or acme=10/60s/3 for a burst of 3.',
    );
  }
  return {
    key,
    limit: Number(limit),
    perSeconds: readDuration(period) / 1_000,
    ...(burst !== undefined && { burst: Number(burst) }),
  };
}
