import * as z from 'zod/mini';
import { jobFilterFields, toJobFilter } from '../../../job/job-filter.ts';
import { JOB_STATUSES } from '../../../job/status.ts';
import { jobPage, summaryExample } from '../../documents/views/job.ts';
import { described, limitField } from '../../fields.ts';
import { json, operation } from '../../operation.ts';
import { decodeJobCursor, encodeJobCursor, jobCursor } from './job-cursor.ts';

const {
  status,
  type,
  queue,
  tag,
  metadata,
  message,
  object_id: objectId,
  batch_id: batchId,
} = jobFilterFields;
const { created_after: createdAfter, created_before: createdBefore } = jobFilterFields;

const statusNames = { type: 'string' as const, enum: [...JOB_STATUSES] };

export const listQuerySchema = z.strictObject({
  status: described(
    status,
    !import.meta.bundled && {
      oneOf: [statusNames, { type: 'array', items: statusNames, minItems: 1 }],
      description: 'Only jobs in this state, or in one of several states: `failed,canceled`.',
    },
  ),
  type: described(type, !import.meta.bundled && { description: 'Only jobs of this type.' }),
  object_id: described(objectId, !import.meta.bundled && { description: 'Only jobs with this object id.' }),
  batch_id: described(batchId, !import.meta.bundled && { description: 'Only jobs of this batch.' }),
  queue: described(queue, !import.meta.bundled && { description: 'Only jobs of this queue.' }),
  tag: described(tag, !import.meta.bundled && { description: 'Only jobs with this tag.' }),
  metadata: described(
    metadata,
    !import.meta.bundled && {
      type: 'string',
      description:
        'Only jobs whose metadata has this value: `customer:acme`. For several values, give a JSON object: `{"customer":"acme","paid":true}`. Values are compared as text.',
    },
  ),
  created_after: described(
    createdAfter,
    !import.meta.bundled && {
      type: 'string',
      format: 'date-time',
      description: 'Only jobs created at this time or later.',
    },
  ),
  created_before: described(
    createdBefore,
    !import.meta.bundled && {
      type: 'string',
      format: 'date-time',
      description: 'Only jobs created before this time.',
    },
  ),
  message: described(
    message,
    !import.meta.bundled && {
      description: 'Only jobs whose `message` contains this text, ignoring case.',
    },
  ),
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

/** A page of jobs without payloads and results. */
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
      'Newest first, without payloads and results. All filters can be combined. Errand reads at most 1,000 jobs for a page, so a page may have fewer jobs than `limit`, even none, and still a `next_cursor`. Continue until `next_cursor` is null.',
    responses: [
      {
        status: 200,
        description: 'A page of jobs.',
        content: { schema: jobPage, example: { items: [summaryExample], limit: 50, next_cursor: null } },
      },
    ],
    problems: { 400: ['invalid-request'] },
  },
});
