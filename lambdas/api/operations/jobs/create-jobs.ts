import * as z from 'zod/mini';
import type { ServiceLog } from '../../../job/log.ts';
import type { Submission } from '../../../job/submit.ts';
import { submitBatch, type BatchOutcome } from '../../../job/submit-batch.ts';
import { HttpError, toProblem } from '../../../middleware/problem.ts';
import { named } from '../../documents/components.ts';
import { BODY_PROBLEMS } from '../../documents/operation-docs.ts';
import { batchOutcome, type BatchItem } from '../../documents/views/problem.ts';
import { submittedSummaryExample } from '../../documents/views/job.ts';
import { described } from '../../fields.ts';
import { operation, json } from '../../operation.ts';
import { readSubmission } from '../../submission.ts';

/** Maximum number of jobs in a batch. */
export const MAX_BATCH = 100;

/**
 * The largest body, and the largest list of jobs once it is written again (`1e20` then has 21 digits), in bytes. The Data
 * API takes requests of 4 MiB, and the list is text inside JSON there, which at most doubles it.
 */
const MAX_BATCH_BYTES = 1536 * 1024;

/** Each job is validated separately, so that an invalid one does not affect the others. */
export const batchSchema = z.strictObject(
  {
    jobs: described(
      z
        .array(z.unknown(), 'must be an array of submissions')
        .check(
          z.minLength(1, 'must have at least 1 job'),
          z.maxLength(MAX_BATCH, `must have at most ${MAX_BATCH} jobs`),
        ),
      !import.meta.bundled && { items: { $ref: '#/components/schemas/Submission' } },
    ),
  },
  'must be a JSON object',
);

/** 200 with one outcome per submission, in their order. */
export const createJobs = operation({
  id: 'createJobs',
  method: 'POST',
  path: '/v1/jobs/batch',
  scope: 'submit',
  audit: 'job.submit',
  request: { body: { maxBytes: MAX_BATCH_BYTES, schema: batchSchema } },
  async handle({ tenant, actor, body: { jobs: bodies }, trace }, { jobs }) {
    requireSmall(bodies);
    const read = bodies.map((body) => attempt(() => readSubmission(body, { tenant, actor }, jobs, trace)));
    const submissions = read.flatMap((entry) => ('submission' in entry ? [entry.submission] : []));
    const outcomes = (await submitBatch(tenant, submissions, jobs)).values();
    const items = read.map((entry): BatchItem => {
      if ('error' in entry) return problemItem(entry.error, jobs.log);
      const { value: outcome } = outcomes.next();
      return toItem(outcome ?? { error: new Error('A submission came to nothing.') }, jobs.log);
    });
    return json(200, { items });
  },
  docs: !import.meta.bundled && {
    tag: 'Jobs',
    summary: `Submit up to ${MAX_BATCH} jobs`,
    description: 'Each submission has its own outcome, in order. A refused one does not affect the others.',
    body: {
      schema: named('Batch', batchSchema),
      examples: { two: { jobs: [{ object_id: 1 }, { payload: { seconds: 2 } }] } },
    },
    responses: [
      {
        status: 200,
        description: 'One outcome per submission.',
        content: {
          schema: batchOutcome,
          example: { items: [{ status: 201, job: submittedSummaryExample }] },
        },
      },
    ],
    problems: BODY_PROBLEMS,
  },
});

function requireSmall(jobs: readonly unknown[]): void {
  const bytes = Buffer.byteLength(JSON.stringify(jobs));
  if (bytes <= MAX_BATCH_BYTES) return;
  const detail = `The jobs have ${bytes} bytes when they are written out; at most ${MAX_BATCH_BYTES} are taken.`;
  throw new HttpError(413, 'payload-too-large', detail, {
    errors: [{ field: 'jobs', message: `must have at most ${MAX_BATCH_BYTES} bytes of JSON in all` }],
  });
}

function attempt(read: () => Submission): { submission: Submission } | { error: unknown } {
  try {
    return { submission: read() };
  } catch (error) {
    return { error };
  }
}

function toItem(outcome: BatchOutcome, log: ServiceLog): BatchItem {
  if ('error' in outcome) return problemItem(outcome.error, log);
  const { job, deduplicated, replaced, windowEndsAt } = outcome.submitted;
  return {
    status: deduplicated ? 200 : 201,
    job: { ...job, deduplicated, replaced, window_ends_at: windowEndsAt?.toISOString() ?? null },
  };
}

function problemItem(error: unknown, log: ServiceLog): BatchItem {
  const { status, body } = toProblem(error);
  if (status >= 500)
    log.error('batch_submission_failed', 'A submission of a batch failed.', { status, error });
  return { status, problem: body };
}
