import * as z from 'zod/mini';
import { HISTORY_STEPS } from '../../../job/history/resolution.ts';
import { jobTypeName } from '../../../job/job-fields.ts';
import { lazy } from '../../../lazy.ts';
import { history, historyExample } from '../../documents/views/history.ts';
import { described, momentText } from '../../fields.ts';
import { json, operation } from '../../operation.ts';

// The code that reads the history is loaded on the first history request, because few requests need it.
const readHistory = lazy(async () => (await import('../../../job/history/read-history.ts')).readHistory);

const time = z.pipe(
  momentText,
  z.transform((text: string) => new Date(text)),
);

const STEPS = HISTORY_STEPS.map(String);

const querySchema = z.strictObject({
  from: z.optional(
    described(
      time,
      !import.meta.bundled && {
        type: 'string',
        format: 'date-time',
        description:
          'The start, rounded down to a whole step. Defaults to a day before `to`, or with `step=60` to 3 hours.',
      },
    ),
  ),
  to: z.optional(
    described(
      time,
      !import.meta.bundled && {
        type: 'string',
        format: 'date-time',
        description: 'The end, rounded up to a whole step. Defaults to now.',
      },
    ),
  ),
  step: z.optional(
    described(
      z.pipe(z.enum(STEPS, `must be a number of seconds: ${STEPS.join(', ')}`), z.transform(Number)),
      !import.meta.bundled && {
        type: 'integer',
        enum: [...HISTORY_STEPS],
        description:
          'The length of each step, in seconds. Defaults to the shortest step kept for this range: 300 for a day.',
      },
    ),
  ),
  group_by: z.optional(
    described(
      z.enum(['type', 'queue'], 'must be type or queue'),
      !import.meta.bundled && {
        description: 'One series per job type, or per queue. By default, there is one series for all jobs.',
      },
    ),
  ),
  type: z.optional(
    described(jobTypeName, !import.meta.bundled && { description: 'Only jobs of this type.' }),
  ),
  queue: z.optional(
    described(jobTypeName, !import.meta.bundled && { description: 'Only jobs in this queue.' }),
  ),
});

/** Returns the history of the tenant's jobs, for charts. */
export const getHistory = operation({
  id: 'getHistory',
  method: 'GET',
  path: '/v1/stats/history',
  scope: 'read',
  request: { query: querySchema },
  async handle({ tenant, query }, { loadHistory }) {
    return json(200, await readHistory(tenant, query, await loadHistory()));
  },
  docs: !import.meta.bundled && {
    tag: 'Service',
    summary: 'Get job history for charts',
    description:
      'In steps of a minute to a day, by job type or queue. Steps in which nothing happened are omitted. Minutes are kept for 3 hours, ' +
      'five minutes for 2 days, hours for 35 days, and days, which begin at midnight UTC, for 400 days. Percentiles are estimates, accurate ' +
      'to a factor of 2.5.',
    responses: [
      {
        status: 200,
        description: 'The history.',
        content: { schema: history, example: historyExample },
      },
    ],
    problems: { 400: ['invalid-request'] },
  },
});
