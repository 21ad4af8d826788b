import * as z from 'zod/mini';
import {
  DEFAULT_BURST,
  LEAST_PRIORITY,
  MAX_KEY,
  MAX_PERIOD,
  MAX_RUNNING,
  MAX_STARTS,
  WITHOUT_CONTROL,
} from '../job/flow-control.ts';
import { described } from './fields.ts';

/** Creates a schema for whole numbers from `least` to `most`. */
export function whole(least: number, most: number) {
  return z
    .number('must be a number')
    .check(
      z.int('must be a whole number'),
      z.minimum(least, `must be at least ${least}`),
      z.maximum(most, `must be at most ${most}`),
    );
}

/** A concurrency key, or a rate limit's key. */
export const key = described(
  z
    .string('must be a string')
    .check(
      z.minLength(1, 'must have at least 1 character'),
      z.maxLength(MAX_KEY, `must have at most ${MAX_KEY} characters`),
      z.regex(WITHOUT_CONTROL, 'must not contain control characters'),
    ),
  !import.meta.bundled && {
    description: 'The name that limited jobs share, such as a customer’s id. Each tenant has its own keys.',
  },
);

/** A submission's `concurrency`. */
export const concurrency = z.strictObject(
  {
    key,
    limit: described(
      whole(1, MAX_RUNNING),
      !import.meta.bundled && { description: 'The maximum number of jobs with this key that run at once.' },
    ),
  },
  'must be an object with key and limit, or null',
);

/** A submission's `rate_limit`. */
export const rateLimit = z
  .strictObject(
    {
      key,
      limit: described(
        whole(1, MAX_STARTS),
        !import.meta.bundled && {
          description:
            'The maximum number of jobs with this key that start per `per_seconds`, in addition to the burst.',
        },
      ),
      per_seconds: described(
        whole(1, MAX_PERIOD),
        !import.meta.bundled && { description: 'The period, in seconds. At most 30 days.' },
      ),
      burst: z._default(
        described(
          whole(1, MAX_STARTS),
          !import.meta.bundled && {
            description:
              'The maximum number of jobs that start at once after an idle period, at most `limit`.',
          },
        ),
        DEFAULT_BURST,
      ),
    },
    'must be an object with key, limit and per_seconds, or null',
  )
  .check(
    z.refine(({ limit, burst }) => limit < 1 || burst <= limit, {
      path: ['burst'],
      error: 'must be at most limit',
    }),
  );

/** A submission's priority and limits. */
export const flowFields = {
  priority: z.optional(
    described(
      whole(0, LEAST_PRIORITY),
      !import.meta.bundled && {
        description:
          'The order in which a tenant’s jobs in a queue start: 0 is most urgent, 9 least urgent. One level more urgent is worth an hour of waiting. Defaults to the job type’s priority, which is 5 by default.',
      },
    ),
  ),
  concurrency: z.optional(
    described(
      z.nullable(concurrency),
      !import.meta.bundled && {
        description:
          'Limits how many jobs with the same key run at once. Defaults to the job type’s limit; null for no limit.',
      },
    ),
  ),
  rate_limit: z.optional(
    described(
      z.nullable(rateLimit),
      !import.meta.bundled && {
        description:
          'Limits how many jobs with the same key start in a period. Starts are `per_seconds` / `limit` apart. Defaults to the job type’s limit; null for no limit.',
      },
    ),
  ),
};
