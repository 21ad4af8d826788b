import * as z from 'zod/mini';
import { BULK_ACTIONS, problemOf, type BulkAction } from '../../../job/bulk/bulk-change.ts';
import { countMatches, MAX_EXACT_COUNT } from '../../../job/bulk/count-matches.ts';
import { BULK_JOB_TYPE } from '../../../job/catalogue.ts';
import { DEFAULT_QUEUE, MAX_ATTEMPTS } from '../../../job/definition.ts';
import { InvalidRequestError } from '../../../job/errors.ts';
import { toJobFilter } from '../../../job/job-filter.ts';
import type { Json } from '../../../job/job.ts';
import { JOB_STATUSES } from '../../../job/status.ts';
import { submit, type Submission } from '../../../job/submit.ts';
import { requireScope } from '../../caller.ts';
import type { JobDependencies } from '../../dependencies.ts';
import { named } from '../../documents/components.ts';
import { BODY_PROBLEMS } from '../../documents/operation-docs.ts';
import { bulkCount, job, jobExample } from '../../documents/views/job.ts';
import { described } from '../../fields.ts';
import { filterFields as fields } from '../../filter-fields.ts';
import { json, operation } from '../../operation.ts';
import { MAX_BODY_BYTES, type ApiRequest } from '../../request.ts';

const statusNames = { $ref: '#/components/schemas/JobStatus' };

/**
 * Rejects the string formats that are allowed in queries, such as `failed,canceled` and `customer:acme`. JSON bodies use
 * arrays and objects instead.
 */
const isNoText = (given: unknown): boolean => typeof given !== 'string';
const isNoList = (given: unknown): boolean => isNoText(given) || !String(given).includes(',');
const STATUS_MESSAGE = `must be one of ${JOB_STATUSES.join(', ')}, or an array of them`;

/**
 * A filter in JSON. Parsing a filter is idempotent, so a parsed filter can be the bulk job's payload, which is parsed
 * again.
 */
const filterSchema = z.strictObject(
  {
    ...fields,
    status: described(
      z.optional(z.pipe(z.custom(isNoList, STATUS_MESSAGE), fields.status)),
      !import.meta.bundled && {
        oneOf: [statusNames, { type: 'array', items: statusNames, minItems: 1 }],
        description:
          'Only jobs in this state, or in one of these states. Defaults to the states that the action changes.',
      },
    ),
    metadata: described(
      z.optional(z.pipe(z.custom(isNoText, 'must be a JSON object'), fields.metadata)),
      !import.meta.bundled && {
        type: 'object',
        minProperties: 1,
        additionalProperties: { type: ['string', 'number', 'boolean'] },
        description: 'Only jobs whose metadata has these values. Values are compared as text.',
      },
    ),
  },
  'must be a JSON object',
);

export const bulkSchema = z.strictObject(
  {
    action: described(
      z.enum(BULK_ACTIONS, `must be one of ${BULK_ACTIONS.join(', ')}`),
      !import.meta.bundled && {
        description:
          '`cancel` changes created and running jobs, `retry` failed and canceled jobs, and `delete` ended jobs. `delete` needs the `admin` scope.',
      },
    ),
    filter: described(
      filterSchema,
      !import.meta.bundled && { description: 'The jobs to change: those that match all conditions.' },
    ),
    dry_run: z._default(
      described(
        z.boolean('must be true or false'),
        !import.meta.bundled && { description: 'Only counts the matching jobs, without changing them.' },
      ),
      false,
    ),
    confirm: z.optional(
      described(
        z.literal('all', 'must be "all"'),
        !import.meta.bundled && {
          description: 'Required if the filter matches every job that the action can change.',
        },
      ),
    ),
  },
  'must be a JSON object',
);

type BulkRequest = ApiRequest<unknown, unknown, z.output<typeof bulkSchema>>;

/** Responds with 202 and the bulk job, or with 200 and the number of matching jobs. */
export const changeJobs = operation({
  id: 'changeJobs',
  method: 'POST',
  path: '/v1/jobs/bulk',
  scope: 'submit',
  // This audit entry records the bulk job's submission. Each job that the bulk job changes gets its own entry.
  audit: 'job.submit',
  request: { body: { maxBytes: MAX_BODY_BYTES, schema: bulkSchema } },
  async handle(request, { jobs, loadBulk }) {
    const { tenant, scopes, body } = request;
    const { action } = body;
    if (action === 'delete') requireScope(scopes, 'admin');
    const filter = toJobFilter(body.filter);
    const problem = problemOf(action, filter, body.dry_run || body.confirm === 'all');
    if (problem) throw new InvalidRequestError('body', [problem]);
    if (body.dry_run) {
      const ports = { store: await loadBulk(), elapsedMs: jobs.elapsedMs };
      return json(200, await countMatches(tenant, action, filter, ports));
    }
    const { job: bulkJob } = await submit(bulkSubmission(request, jobs), portsOf(action, jobs));
    return json(202, bulkJob, { location: `/v1/jobs/${bulkJob.job_id}` });
  },
  docs: !import.meta.bundled && {
    tag: 'Jobs',
    summary: 'Cancel, retry or delete many jobs',
    description:
      'Responds immediately with a `bulk` job, which changes the jobs created before it and reports its progress. Its result counts them: `{"matched", "changed", "skipped"}`. A bulk job never changes bulk jobs. Canceling a bulk job does not undo its changes.',
    body: {
      schema: named('BulkRequest', bulkSchema),
      examples: {
        retry: {
          action: 'retry',
          filter: { status: 'failed', type: 'sleep', created_after: '2030-01-30T12:00:00Z' },
        },
        count: { action: 'cancel', filter: { tag: 'billing' }, dry_run: true },
        everything: { action: 'delete', filter: {}, confirm: 'all' },
      },
    },
    responses: [
      {
        status: 202,
        description: 'The bulk job.',
        headers: { Location: 'The path of the job.' },
        content: {
          schema: job,
          example: {
            ...jobExample,
            object_id: null,
            type: BULK_JOB_TYPE,
            status: 'created',
            attempt: 0,
            max_attempts: MAX_ATTEMPTS,
            priority: 0,
            start_time: null,
            end_time: null,
            progress: null,
            payload: { action: 'retry', filter: { status: ['failed'], type: 'sleep' } },
            result: null,
            tags: [],
            metadata: {},
          },
        },
      },
      {
        status: 200,
        description: `With \`dry_run\`: the number of matching jobs. Counting stops above ${MAX_EXACT_COUNT}, and \`exact\` is then false.`,
        content: { schema: bulkCount, example: { matched: 42, exact: true } },
      },
    ],
    problems: {
      ...BODY_PROBLEMS,
      429: ['too-many-submissions', 'too-many-jobs'],
    },
  },
});

function bulkSubmission({ tenant, actor, body, trace }: BulkRequest, jobs: JobDependencies): Submission {
  return {
    tenant,
    objectId: null,
    type: BULK_JOB_TYPE,
    queue: DEFAULT_QUEUE,
    payload: { action: body.action, filter: body.filter as Json },
    delaySeconds: 0,
    maxAttempts: MAX_ATTEMPTS,
    timeoutSeconds: jobs.jobTimeout,
    onDuplicate: 'return',
    callback: null,
    submittedBy: actor,
    // Run the bulk job ahead of the tenant's backlog, because the bulk job may change the backlog's jobs.
    flow: { priority: 0 },
    trace,
  };
}

/**
 * Returns the ports for submitting the bulk job. A tenant at its limit on unfinished jobs may still cancel jobs, because
 * canceling makes room for new jobs.
 */
function portsOf(action: BulkAction, jobs: JobDependencies): JobDependencies {
  return action === 'cancel' ? { ...jobs, limits: { ...jobs.limits, maxJobsInFlight: 0 } } : jobs;
}
