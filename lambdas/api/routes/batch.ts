import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { JobSummary } from '../../job/job.ts';
import type { Log } from '../../job/ports.ts';
import { submitBatch, type BatchOutcome } from '../../job/submit-batch.ts';
import type { Submission, SubmitPorts } from '../../job/submit.ts';
import type { JsonEvent } from '../../middleware/json-body.ts';
import { HttpError, toProblem, type Problem } from '../../middleware/problem.ts';
import { json } from '../response.ts';
import { batchSchema, submissionSchema } from '../schemas.ts';
import { readSubmission, type SubmissionRules } from '../submission.ts';
import type { OfTenant } from '../caller.ts';
import { validate } from '../validation.ts';

/** What batches of submissions stand on. */
export interface BatchRoutes extends SubmitPorts<JobSummary>, SubmissionRules {}

/** What a batch answers for one of its submissions: as if it had been sent alone, but for payload and result. */
export type BatchItem =
  | { status: 200 | 201; job: JobSummary & { deduplicated: boolean; window_ends_at: string | null } }
  | { status: number; problem: Problem['body'] };

/** `POST /v1/jobs/batch`: 200 with one outcome per submission, in their order. */
export function createBatch(
  routes: BatchRoutes,
): (event: JsonEvent & OfTenant) => Promise<APIGatewayProxyStructuredResultV2> {
  const schema = submissionSchema(routes.jobTimeout);
  return async (event) => {
    const { jobs } = validate(batchSchema, event.body, 'body');
    requireSmall(jobs);
    const read = jobs.map((body) => attemptTo(() => readSubmission(body, event.tenant, schema, routes)));
    const submissions = read.flatMap((entry) => ('submission' in entry ? [entry.submission] : []));
    const outcomes = (await submitBatch(event.tenant, submissions, routes)).values();
    const items = read.map((entry): BatchItem => {
      if ('error' in entry) return problemItem(entry.error, routes.log);
      const { value: outcome } = outcomes.next();
      return toItem(outcome ?? { error: new Error('A submission came to nothing.') }, routes.log);
    });
    return json(200, { items });
  };
}

/**
 * The largest list of jobs as it is written out again, in bytes: `1e20` has become 21 digits. As text inside JSON it at
 * most doubles, and a request to the Data API may have 4 MiB.
 */
const MAX_WRITTEN_BYTES = 1536 * 1024;

function requireSmall(jobs: readonly unknown[]): void {
  const bytes = Buffer.byteLength(JSON.stringify(jobs));
  if (bytes <= MAX_WRITTEN_BYTES) return;
  const detail = `The jobs have ${bytes} bytes when they are written out; at most ${MAX_WRITTEN_BYTES} are taken.`;
  throw new HttpError(413, 'payload-too-large', detail, {
    errors: [{ field: 'jobs', message: `must have at most ${MAX_WRITTEN_BYTES} bytes of JSON in all` }],
  });
}

function attemptTo(read: () => Submission): { submission: Submission } | { error: unknown } {
  try {
    return { submission: read() };
  } catch (error) {
    return { error };
  }
}

function toItem(outcome: BatchOutcome<JobSummary>, log: Log): BatchItem {
  if ('error' in outcome) return problemItem(outcome.error, log);
  const { job, deduplicated, windowEndsAt } = outcome.submitted;
  return {
    status: deduplicated ? 200 : 201,
    job: { ...job, deduplicated, window_ends_at: windowEndsAt?.toISOString() ?? null },
  };
}

function problemItem(error: unknown, log: Log): BatchItem {
  const { status, body } = toProblem(error);
  if (status >= 500) log.error('A submission of a batch failed.', { status, error });
  return { status, problem: body };
}
