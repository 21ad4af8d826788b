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

function whole(least: number, most: number) {
  return z
    .number('must be a number')
    .check(
      z.int('must be a whole number'),
      z.minimum(least, `must be at least ${least}`),
      z.maximum(most, `must be at most ${most}`),
    );
}

const key = described(
  z
    .string('must be a string')
    .check(
      z.minLength(1, 'must have at least 1 character'),
      z.maxLength(MAX_KEY, `must have at most ${MAX_KEY} characters`),
      z.regex(WITHOUT_CONTROL, 'must not contain control characters'),
    ),
  !import.meta.bundled && {
    description: 'What the limit is for, such as a customer. Each tenant has its own keys.',
  },
);

/** A submission's `concurrency`. */
export const concurrency = z.strictObject(
  {
    key,
    limit: described(
      whole(1, MAX_RUNNING),
      !import.meta.bundled && { description: 'The most jobs with this key that run at once.' },
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
          description: 'The most jobs with this key that start in `per_seconds`, besides the burst.',
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
            description: 'The most jobs that start at once after a pause. At most `limit`.',
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

/** The fields of a submission that say when the job may start. */
export const flowFields = {
  priority: z.optional(
    described(
      whole(0, LEAST_PRIORITY),
      !import.meta.bundled && {
        description:
          'The order in which a tenant’s jobs of a queue start: 0 is most urgent, 9 least. Each step is worth an hour of waiting. Defaults to the job type’s, which is 5 unless it says otherwise.',
      },
    ),
  ),
  concurrency: z.optional(
    described(
      z.nullable(concurrency),
      !import.meta.bundled && {
        description:
          'Limits how many jobs with the same key run at once. Defaults to the job type’s; null for no limit.',
      },
    ),
  ),
  rate_limit: z.optional(
    described(
      z.nullable(rateLimit),
      !import.meta.bundled && {
        description:
          'Limits how many jobs with the same key start in a period. Starts are `per_seconds` / `limit` apart. Defaults to the job type’s; null for no limit.',
      },
    ),
  ),
};
