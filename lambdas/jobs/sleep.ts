import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod/mini';
import { job } from '../job/definition.ts';

/** The maximum sleep, in seconds: ten times the longest function timeout. A larger value is probably a mistake. */
const MAX_SECONDS = 9_000;

const seconds = z.number().check(z.minimum(0), z.maximum(MAX_SECONDS));

/** `{seconds}`, or `{min_seconds, max_seconds}` for a random duration between the two. */
const payload = z
  .strictObject({
    seconds: z.optional(seconds),
    min_seconds: z.optional(seconds),
    max_seconds: z.optional(seconds),
  })
  .check(
    z.refine(
      (given) =>
        given.seconds === undefined || (given.min_seconds === undefined && given.max_seconds === undefined),
      {
        path: ['seconds'],
        error: 'set either seconds, or min_seconds and max_seconds',
      },
    ),
    z.refine(({ min_seconds: min = 0, max_seconds: max = MAX_SECONDS }) => min <= max, {
      path: ['max_seconds'],
      error: 'must not be less than min_seconds',
    }),
  );

/** By default, a job sleeps for one to five seconds. */
const DEFAULT_RANGE = { min: 1, max: 5 };

/**
 * A job that only waits, which is useful for trying out Errand. It is the default job type.
 */
export const sleep = job('sleep', {
  payload,
  async run(given, { signal }) {
    const duration = given.seconds ?? randomBetween(given.min_seconds, given.max_seconds);
    await wait(duration * 1000, undefined, { signal });
    return { slept: duration };
  },
});

function randomBetween(min: number | undefined, max: number | undefined): number {
  const from = min ?? Math.min(DEFAULT_RANGE.min, max ?? Infinity);
  const to = max ?? Math.max(DEFAULT_RANGE.max, from);
  return Math.round((from + Math.random() * (to - from)) * 1000) / 1000;
}
