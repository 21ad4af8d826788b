import * as z from 'zod/mini';
import { toJobFilter } from '../../../job/job-filter.ts';
import { JOB_STATUSES } from '../../../job/status.ts';
import { jobPage, jobPageExample } from '../../documents/views/job.ts';
import { described, limitField } from '../../fields.ts';
import { filterFields as fields } from '../../filter-fields.ts';
import { json, operation } from '../../operation.ts';
import { decodeJobCursor, encodeJobCursor, jobCursor } from './job-cursor.ts';

const statusNames = { type: 'string' as const, enum: [...JOB_STATUSES] };

export const listQuerySchema = z.strictObject({
  status: described(
    fields.status,
    !import.meta.bundled && {
      oneOf: [statusNames, { type: 'array', items: statusNames, minItems: 1 }],
      description: 'Only jobs in this state, or in one of several states: `failed,canceled`.',
    },
  ),
  type: described(fields.type, !import.meta.bundled && { description: 'Only jobs of this type.' }),
  object_id: described(
    fields.object_id,
    !import.meta.bundled && { description: 'Only jobs with this object id.' },
  ),
  batch_id: fields.batch_id,
  parent_job_id: fields.parent_job_id,
  queue: described(fields.queue, !import.meta.bundled && { description: 'Only jobs in this queue.' }),
  tag: fields.tag,
  metadata: described(
    fields.metadata,
    !import.meta.bundled && {
      type: 'string',
      description:
        'Only jobs whose metadata has this value: `customer:acme`. For several values, pass a JSON object: `{"customer":"acme","paid":true}`. Values are compared as text.',
    },
  ),
  created_after: fields.created_after,
  created_before: fields.created_before,
  message: fields.message,
  order: z._default(
    described(
      z.enum(['asc', 'desc'], 'must be asc or desc'),
      !import.meta.bundled && {
        description: '`desc` lists the newest job first, `asc` the oldest. Jobs are ordered by id.',
      },
    ),
    'desc',
  ),
  limit: limitField(200),
  cursor: z.optional(jobCursor),
});

/** Lists a page of jobs, without their payloads or results. */
export const listJobs = operation({
  id: 'listJobs',
  method: 'GET',
  path: '/v1/jobs',
  scope: 'read',
  request: { query: listQuerySchema },
  async handle({ tenant, query }, { jobs }) {
    const { cursor, limit, order, ...fields } = query;
    const list = { filter: toJobFilter(fields), order };
    const after = cursor === undefined ? undefined : decodeJobCursor(cursor, list);
    const { jobs: items, continueAfter } = await jobs.store.list({ tenant, ...list, after, limit });
    const next = continueAfter === null ? null : encodeJobCursor(continueAfter, list);
    return json(200, { items, limit, next_cursor: next });
  },
  docs: !import.meta.bundled && {
    tag: 'Jobs',
    summary: 'List jobs',
    description:
      'Newest first, without payloads and results. All filters can be combined. Errand reads at most 1,000 jobs per page, so a page may have fewer jobs than `limit`, even none, and still have a `next_cursor`. Continue until `next_cursor` is null.',
    responses: [
      {
        status: 200,
        description: 'A page of jobs.',
        content: { schema: jobPage, example: jobPageExample },
      },
    ],
    problems: { 400: ['invalid-request'] },
  },
});
