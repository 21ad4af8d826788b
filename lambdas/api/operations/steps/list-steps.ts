import * as z from 'zod/mini';
import { MAX_LISTED_STEPS } from '../../../job/steps/list-steps.ts';
import { lazy } from '../../../lazy.ts';
import { jobPage, jobPageExample } from '../../documents/views/job.ts';
import { stepPage, stepPageExample } from '../../documents/views/step.ts';
import { limitField, nameCursor } from '../../fields.ts';
import { operation } from '../../operation.ts';
import { jobCursor } from '../jobs/job-cursor.ts';
import { jobIdSchema } from '../jobs/job-request.ts';
import { listQuerySchema } from '../jobs/list-jobs.ts';

/** Matches a step's position in the order in which the steps were first recorded. */
const PLACE = /^\d{1,15}$/;

const stepsQuery = z.strictObject({
  limit: limitField(MAX_LISTED_STEPS),
  cursor: z.optional(nameCursor((text) => PLACE.test(text))),
});

export const listSteps = operation({
  id: 'listSteps',
  method: 'GET',
  path: '/v1/jobs/{job_id}/steps',
  scope: 'read',
  request: { path: jobIdSchema, query: stepsQuery },
  handle: lazy(async () => (await import('./step-handlers.ts')).list),
  docs: !import.meta.bundled && {
    tag: 'Steps',
    summary: 'List a job’s steps',
    description:
      'In the order in which the steps were first recorded. A retry keeps the steps that succeeded.',
    responses: [
      {
        status: 200,
        description: 'A page of steps.',
        content: { schema: stepPage, example: stepPageExample },
      },
    ],
    problems: { 400: ['invalid-request'], 404: ['job-not-found'] },
  },
});

const { status, order, limit } = listQuerySchema.shape;

export const listChildren = operation({
  id: 'listChildren',
  method: 'GET',
  path: '/v1/jobs/{job_id}/children',
  scope: 'read',
  request: {
    path: jobIdSchema,
    query: z.strictObject({ status, order, limit, cursor: z.optional(jobCursor) }),
  },
  handle: lazy(async () => (await import('./step-handlers.ts')).children),
  docs: !import.meta.bundled && {
    tag: 'Steps',
    summary: 'List a job’s child jobs',
    description:
      'The jobs that the job has submitted with `step.submit` and `step.map`, newest first, without payloads and results. `GET /v1/jobs?parent_job_id=` lists the same jobs and has more filters.',
    responses: [
      {
        status: 200,
        description: 'A page of jobs.',
        content: { schema: jobPage, example: jobPageExample },
      },
    ],
    problems: { 400: ['invalid-request'], 404: ['job-not-found'] },
  },
});
