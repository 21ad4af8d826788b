import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Batch, BatchPlace, NewOnComplete } from '../../../job/batches/batch.ts';
import { putBatch } from '../../../job/batches/put-batch.ts';
import type { Clock } from '../../../job/clock.ts';
import { BatchNotFoundError } from '../../../job/errors.ts';
import type { TraceContext } from '../../../job/trace-context.ts';
import { waitFor, type Waited } from '../../../job/wait.ts';
import type { BatchOfRequest } from '../../batch-request.ts';
import type { Caller } from '../../caller.ts';
import type { Dependencies, JobDependencies } from '../../dependencies.ts';
import { pageOf } from '../../fields.ts';
import { json } from '../../operation.ts';
import { readLaterJob } from '../../read-later-job.ts';
import type { ApiRequest } from '../../request.ts';
import type { SubmissionRules } from '../../submission.ts';
import { retryAfter } from '../jobs/job-request.ts';

// Gets one batch. This module is loaded on the first request for a batch (see lazy), because most instances get no
// requests for batches.

export async function get(
  {
    tenant,
    path: { batch_id: batchId },
    query: { wait },
  }: ApiRequest<{ batch_id: string }, { wait: number }>,
  { jobs }: Dependencies,
): Promise<APIGatewayProxyStructuredResultV2> {
  const batches = await jobs.loadBatches();
  const found = await batches.get(tenant, batchId);
  if (!found) throw new BatchNotFoundError(batchId);
  const awaited = {
    hasEnded: async () => (await batches.isCompleted(tenant, batchId)) ?? true,
    read: () => batches.get(tenant, batchId),
  };
  const waited: Waited<Batch> =
    found.status === 'completed'
      ? { value: found }
      : await waitFor(tenant, found, awaited, Math.min(wait * 1000, jobs.leftMs()), jobs);
  return json(200, waited.value, retryAfter(waited));
}

export async function list(
  {
    tenant,
    query: { limit, cursor },
  }: ApiRequest<unknown, { limit: number; cursor?: BatchPlace | undefined }>,
  { jobs }: Dependencies,
): Promise<APIGatewayProxyStructuredResultV2> {
  const batches = await jobs.loadBatches();
  const found = await batches.list(tenant, cursor, limit + 1);
  const { items, ...page } = pageOf(found, limit, ({ place }) => encodePlace(place));
  return json(200, { items: items.map(({ batch }) => batch), ...page });
}

/** Encodes a cursor for listBatches. */
function encodePlace({ createdAtMicros, batchId }: BatchPlace): string {
  return Buffer.from(`${createdAtMicros} ${batchId}`).toString('base64url');
}

/**
 * Validates the on_complete job and assigns its id.
 *
 * @throws InvalidRequestError that names the invalid fields
 */
export function readOnComplete(
  { on_complete: onComplete }: BatchOfRequest,
  caller: Pick<Caller, 'tenant' | 'actor'>,
  rules: SubmissionRules & { clock: Clock },
  trace: TraceContext | undefined,
): NewOnComplete | null {
  if (onComplete === undefined) return null;
  const job = readLaterJob('batch.on_complete', onComplete, caller, rules);
  const { maxDurationSeconds } = job;
  const { type, queue, payload, maxAttempts, timeoutSeconds, callback, flow, tags, metadata } = job;
  const { newId } = rules.clock;
  return {
    job_id: newId(),
    type,
    queue,
    payload,
    max_attempts: maxAttempts,
    timeout_seconds: timeoutSeconds,
    max_duration_seconds: maxDurationSeconds,
    callback: callback && {
      job_id: newId(),
      url: callback.url,
      max_attempts: callback.maxAttempts,
      timeout_seconds: callback.timeoutSeconds,
    },
    ...flow,
    tags,
    metadata,
    trace,
  };
}

/**
 * Creates or updates the batch that a request names. Call this after the request's jobs have been written.
 *
 * @param closes whether the request closes the batch
 * @throws BatchClosedError if the batch was closed with another on_complete job
 */
export async function put(
  tenant: string,
  batchId: string,
  change: { onComplete: NewOnComplete | null; closes: boolean },
  jobs: JobDependencies,
): Promise<Batch> {
  return putBatch(tenant, batchId, change, { ...jobs, batches: await jobs.loadBatches() });
}
