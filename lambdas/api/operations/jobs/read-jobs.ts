import * as z from 'zod/mini';
import { JobNotFoundError } from '../../../job/errors.ts';
import { linesOf, LOG_START } from '../../../job/job-logs.ts';
import { waitForEnd } from '../../../job/wait.ts';
import {
  attemptExample,
  attemptList,
  job,
  jobExample,
  jobLog,
  jobLogExample,
} from '../../documents/views/job.ts';
import { described } from '../../fields.ts';
import { operation, json } from '../../operation.ts';
import { jobIdSchema, RETRY_AFTER_DOCS, retryAfter, waitQuerySchema } from './job-request.ts';

/** Gets one job. Waits up to `wait` seconds for the job to end before responding. */
export const getJob = operation({
  id: 'getJob',
  method: 'GET',
  path: '/v1/jobs/{job_id}',
  scope: 'read',
  request: { path: jobIdSchema, query: waitQuerySchema },
  async handle({ tenant, path: { job_id: jobId }, query: { wait } }, { jobs }) {
    const found = await jobs.store.get(tenant, jobId);
    if (!found) throw new JobNotFoundError(jobId);
    const waited = await waitForEnd(tenant, found, Math.min(wait * 1000, jobs.leftMs()), jobs);
    return json(200, waited.value, retryAfter(waited));
  },
  docs: !import.meta.bundled && {
    tag: 'Jobs',
    summary: 'Get a job',
    responses: [
      {
        status: 200,
        description: 'The job.',
        optionalHeaders: RETRY_AFTER_DOCS,
        content: { schema: job, example: jobExample },
      },
    ],
    problems: { 400: ['invalid-request'], 404: ['job-not-found'] },
  },
});

export const listAttempts = operation({
  id: 'listAttempts',
  method: 'GET',
  path: '/v1/jobs/{job_id}/attempts',
  scope: 'read',
  request: { path: jobIdSchema },
  async handle({ tenant, path: { job_id: jobId } }, { jobs }) {
    const items = await jobs.store.attempts(tenant, jobId);
    if (!items) throw new JobNotFoundError(jobId);
    return json(200, { job_id: jobId, items });
  },
  docs: !import.meta.bundled && {
    tag: 'Jobs',
    summary: 'List the attempts at a job',
    description: 'At most the last 200 attempts, oldest first.',
    responses: [
      {
        status: 200,
        description: 'The attempts.',
        content: { schema: attemptList, example: { job_id: jobExample.job_id, items: [attemptExample] } },
      },
    ],
    problems: { 400: ['invalid-request'], 404: ['job-not-found'] },
  },
});

/** A log cursor: `<attempt>.<part>`. */
const logCursor = described(
  z.pipe(
    z.string().check(z.regex(/^\d{1,9}\.\d{1,9}$/, 'must be the `cursor` of an earlier response')),
    z.transform((cursor: string) => {
      const [attempt = 0, part = 0] = cursor.split('.').map(Number);
      return { attempt, part };
    }),
  ),
  !import.meta.bundled && {
    type: 'string',
    description: 'The `cursor` from an earlier response. Only later lines are returned.',
  },
);

const attemptNumber = described(
  z.pipe(
    z.string().check(z.regex(/^[1-9]\d{0,8}$/, 'must be an attempt number, from 1')),
    z.transform(Number),
  ),
  !import.meta.bundled && {
    type: 'integer',
    minimum: 1,
    maximum: 999_999_999,
    description: 'Only this attempt’s lines.',
  },
);

export const getJobLog = operation({
  id: 'getJobLog',
  method: 'GET',
  path: '/v1/jobs/{job_id}/logs',
  scope: 'read',
  request: {
    path: jobIdSchema,
    query: z.strictObject({ attempt: z.optional(attemptNumber), cursor: z.optional(logCursor) }),
  },
  async handle({ tenant, path: { job_id: jobId }, query: { attempt, cursor: start = LOG_START } }, { jobs }) {
    const log = await jobs.store.log(tenant, jobId, start, attempt);
    if (!log) throw new JobNotFoundError(jobId);
    const { lines, end } = linesOf(log, start);
    return json(200, {
      job_id: jobId,
      status: log.status,
      items: lines,
      has_more: log.hasMore,
      cursor: `${end.attempt}.${end.part}`,
    });
  },
  docs: !import.meta.bundled && {
    tag: 'Jobs',
    summary: "Read a job's log",
    description:
      'What the job’s handler has logged with `log` and `console`, oldest line first. For each attempt, at least the last ' +
      '200 lines or 64 KiB are kept, whichever is less. A running job shows its lines after a few seconds.',
    responses: [
      { status: 200, description: 'Log lines.', content: { schema: jobLog, example: jobLogExample } },
    ],
    problems: { 400: ['invalid-request'], 404: ['job-not-found'] },
  },
});
