import * as z from 'zod/mini';
import type { ServiceLog } from '../../../job/log.ts';
import type { Submission } from '../../../job/submit.ts';
import type { BatchOutcome } from '../../../job/submit-batch.ts';
import { lazy, loadOnce } from '../../../lazy.ts';
import { HttpError, toProblem } from '../../../middleware/problem.ts';
import { named } from '../../documents/components.ts';
import { BODY_PROBLEMS } from '../../documents/operation-docs.ts';
import { batchOutcome, type BatchItem } from '../../documents/views/problem.ts';
import { submittedSummaryExample } from '../../documents/views/job.ts';
import { batchOfRequest } from '../../batch-request.ts';
import { described } from '../../fields.ts';
import { operation, json } from '../../operation.ts';
import { readSubmission } from '../../submission.ts';

const submitBatch = lazy(async () => (await import('../../../job/submit-batch.ts')).submitBatch);
const loadBatchHandlers = loadOnce(() => import('../batches/batch-handlers.ts'));

/** The maximum number of jobs in a batch. */
export const MAX_BATCH = 100;

/**
 * The maximum size of the body, in bytes. The limit also applies to the list of jobs after Errand has serialized the list
 * again. Serializing can lengthen the list: `1e20` becomes 21 digits. The Data API accepts requests of up to 4 MiB. A
 * Data API request contains the list as a JSON string, which is at most twice as large as the list.
 */
const MAX_BATCH_BYTES = 1536 * 1024;

/** The schema of the body. The jobs are validated later, one by one, so that an invalid job does not affect the others. */
export const batchSchema = z
  .strictObject(
    {
      jobs: described(
        z
          .array(z.unknown(), 'must be an array of submissions')
          .check(z.maxLength(MAX_BATCH, `must have at most ${MAX_BATCH} jobs`)),
        !import.meta.bundled && {
          items: { $ref: '#/components/schemas/Submission' },
          description: 'May be empty only in a request with `batch`, which then only closes the batch.',
        },
      ),
      batch: z.optional(
        described(
          batchOfRequest,
          !import.meta.bundled && {
            description:
              'The batch that the new jobs join. A duplicate does not join the batch; the existing job stays in its own batch, if it has one.',
          },
        ),
      ),
    },
    'must be a JSON object',
  )
  .check(
    z.refine(({ jobs, batch }) => jobs.length > 0 || batch !== undefined, {
      path: ['jobs'],
      error: 'must have at least 1 job',
    }),
  );

/** Submits several jobs. Responds with 200 and one outcome per submission, in the same order. */
export const createJobs = operation({
  id: 'createJobs',
  method: 'POST',
  path: '/v1/jobs/batch',
  scope: 'submit',
  audit: 'job.submit',
  request: { body: { maxBytes: MAX_BATCH_BYTES, schema: batchSchema } },
  async handle({ tenant, actor, body: { jobs: bodies, batch }, trace }, { jobs }) {
    requireSmall(bodies);
    const caller = { tenant, actor };
    const handlers = batch && (await loadBatchHandlers());
    const onComplete = batch && handlers ? handlers.readOnComplete(batch, caller, jobs, trace) : null;
    const read = bodies.map((body) =>
      attempt(() => ({ ...readSubmission(body, caller, jobs, trace), batchId: batch?.id })),
    );
    const submissions = read.flatMap((entry) => ('submission' in entry ? [entry.submission] : []));
    const outcomes = (await submitBatch(tenant, submissions, jobs)).values();
    const items = read.map((entry): BatchItem => {
      if ('error' in entry) return problemItem(entry.error, jobs.log);
      const { value: outcome } = outcomes.next();
      return toItem(outcome ?? { error: new Error('A submission has no outcome.') }, jobs.log);
    });
    if (!batch || !handlers) return json(200, { items });
    const closes = !batch.more && items.every((item) => 'job' in item);
    return json(200, { items, batch: await handlers.put(tenant, batch.id, { onComplete, closes }, jobs) });
  },
  docs: !import.meta.bundled && {
    tag: 'Jobs',
    summary: `Submit up to ${MAX_BATCH} jobs`,
    description:
      'Each submission has its own outcome, in order. A rejected submission does not affect the others. With `batch`, the new jobs are counted together, and `on_complete` names a job to submit when all of them have ended.',
    body: {
      schema: named('Submissions', batchSchema),
      examples: {
        two: { jobs: [{ object_id: 1 }, { payload: { seconds: 2 } }] },
        batch: {
          jobs: [{ object_id: 'row-1' }, { object_id: 'row-2' }],
          batch: { id: 'import-2030-01-31', on_complete: { payload: { seconds: 1 } } },
        },
      },
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
    problems: { ...BODY_PROBLEMS, 409: ['batch-closed'] },
  },
});

function requireSmall(jobs: readonly unknown[]): void {
  const bytes = Buffer.byteLength(JSON.stringify(jobs));
  if (bytes <= MAX_BATCH_BYTES) return;
  const detail = `The jobs have ${bytes} bytes when serialized; the maximum is ${MAX_BATCH_BYTES}.`;
  throw new HttpError(413, 'payload-too-large', detail, {
    errors: [{ field: 'jobs', message: `must have at most ${MAX_BATCH_BYTES} bytes of JSON in total` }],
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
    log.error('batch_submission_failed', 'A submission in a batch failed.', { status, error });
  return { status, problem: body };
}
