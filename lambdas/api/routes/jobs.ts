import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { cancel } from '../../job/cancel.ts';
import { JobNotFoundError } from '../../job/errors.ts';
import { resubmit } from '../../job/resubmit.ts';
import { submit, type SubmitPorts } from '../../job/submit.ts';
import type { Job } from '../../job/job.ts';
import type { JobStore } from '../../job/ports.ts';
import type { FormEvent } from '../../middleware/form-body.ts';
import { waitForEnd, type WaitPorts } from '../../job/wait.ts';
import { attachFile, type AttachmentPorts } from '../attached-file.ts';
import { json } from '../response.ts';
import type { OfTenant } from '../caller.ts';
import { encodeCursor, jobIdSchema, listQuerySchema, submissionSchema, waitQuerySchema } from '../schemas.ts';
import { readSubmission, type SubmissionRules } from '../submission.ts';
import { validate } from '../validation.ts';

/** What the operations on jobs stand on. */
export interface JobRoutes extends SubmitPorts<Job>, SubmissionRules, WaitPorts, AttachmentPorts {
  store: JobStore;
}

type Answer = Promise<APIGatewayProxyStructuredResultV2>;

/** `POST /v1/jobs`: 201 a new job, 200 the first one of an object in its dedup window. */
export function createJob(routes: JobRoutes): (event: FormEvent & OfTenant) => Answer {
  const schema = submissionSchema(routes.jobTimeout);
  return async (event) => {
    const forMs = readWait(event);
    const { body: given, store: storeFile } = attachFile(event, event.tenant, routes);
    const submission = readSubmission(given, event.tenant, schema, routes);
    await storeFile();
    const { job, deduplicated, windowEndsAt } = await submit(submission, routes);
    const seen = await waitForEnd(event.tenant, job, forMs, routes);
    const body = { ...seen, deduplicated, window_ends_at: windowEndsAt?.toISOString() ?? null };
    return json(deduplicated ? 200 : 201, body, { location: `/v1/jobs/${job.job_id}` });
  };
}

/** `GET /v1/jobs/{job_id}`, held back for `wait` seconds at the most until the job is terminal. */
export function getJob(routes: JobRoutes): (event: APIGatewayProxyEventV2 & OfTenant) => Answer {
  return async (event) => {
    const jobId = readJobId(event);
    const forMs = readWait(event);
    const job = await routes.store.get(event.tenant, jobId);
    if (!job) throw new JobNotFoundError(jobId);
    return json(200, await waitForEnd(event.tenant, job, forMs, routes));
  };
}

/** `GET /v1/jobs`: a page of jobs without payloads and results, newest first. */
export function listJobs({ store }: JobRoutes): (event: APIGatewayProxyEventV2 & OfTenant) => Answer {
  return async (event) => {
    const query = validate(listQuerySchema, event.queryStringParameters ?? {}, 'query');
    // One more than the page holds tells whether there is another.
    const found = await store.list({
      tenant: event.tenant,
      status: query.status,
      type: query.type,
      objectId: query.object_id,
      before: query.cursor,
      limit: query.limit + 1,
    });
    const items = found.slice(0, query.limit);
    const last = found.length > query.limit ? items.at(-1) : undefined;
    return json(200, { items, limit: query.limit, next_cursor: last ? encodeCursor(last.job_id) : null });
  };
}

/** `POST /v1/jobs/{job_id}/cancel` */
export function cancelJob(routes: JobRoutes): (event: APIGatewayProxyEventV2 & OfTenant) => Answer {
  return async (event) => json(200, await cancel(event.tenant, readJobId(event), routes));
}

/** `POST /v1/jobs/{job_id}/retry` */
export function retryJob(routes: JobRoutes): (event: APIGatewayProxyEventV2 & OfTenant) => Answer {
  return async (event) => json(200, await resubmit(event.tenant, readJobId(event), routes));
}

/** `GET /v1/jobs/{job_id}/attempts` */
export function listAttempts({ store }: JobRoutes): (event: APIGatewayProxyEventV2 & OfTenant) => Answer {
  return async (event) => {
    const jobId = readJobId(event);
    const attempts = await store.attempts(event.tenant, jobId);
    if (!attempts) throw new JobNotFoundError(jobId);
    return json(200, { job_id: jobId, items: attempts });
  };
}

/** Milliseconds that the answer may be held back until the job is terminal. */
function readWait(event: Pick<APIGatewayProxyEventV2, 'queryStringParameters'>): number {
  return validate(waitQuerySchema, event.queryStringParameters ?? {}, 'query').wait * 1000;
}

function readJobId(event: APIGatewayProxyEventV2): string {
  return validate(jobIdSchema, event.pathParameters ?? {}, 'path').job_id;
}
