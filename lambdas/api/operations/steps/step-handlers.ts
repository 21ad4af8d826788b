import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod/mini';
import { InvalidRequestError, JobNotFoundError } from '../../../job/errors.ts';
import { toJobFilter } from '../../../job/job-filter.ts';
import type { Json } from '../../../job/job.ts';
import { sendSignal } from '../../../job/steps/signals.ts';
import type { Dependencies, JobDependencies } from '../../dependencies.ts';
import { encodeNameCursor } from '../../fields.ts';
import { json } from '../../operation.ts';
import type { ApiRequest } from '../../request.ts';
import { requireSmall } from '../../submission.ts';
import { decodeJobCursor, encodeJobCursor } from '../jobs/job-cursor.ts';
import type { listQuerySchema } from '../jobs/list-jobs.ts';

// The handlers of the step operations, loaded when the first of these operations is called (see lazy).

type Response = Promise<APIGatewayProxyStructuredResultV2>;

interface JobPath {
  readonly job_id: string;
}

export async function send(
  {
    tenant,
    path: { job_id: jobId, name },
    body,
    auditEntry,
  }: ApiRequest<JobPath & { name: string }, unknown, { payload: Json; key?: string | undefined }>,
  { jobs, loadSteps }: Dependencies,
): Response {
  requireSmall(body.payload);
  await requireFit(tenant, jobId, name, body.payload, jobs);
  const sent = await sendSignal(tenant, jobId, name, body, auditEntry(), await loadSteps());
  return json(202, { job_id: jobId, name, key: sent.key, deduplicated: sent.deduplicated });
}

/**
 * Checks a signal against the signals that the job's type declares. Reads the job's type only if any of the deployment's job
 * types declares signals.
 *
 * @throws JobNotFoundError
 * @throws InvalidRequestError if the type does not declare the signal, or if the payload does not match
 */
async function requireFit(
  tenant: string,
  jobId: string,
  name: string,
  payload: Json,
  { store, jobTypes }: JobDependencies,
): Promise<void> {
  if (![...jobTypes.values()].some(({ signals }) => signals)) return;
  const type = await store.type(tenant, jobId);
  if (type === undefined) throw new JobNotFoundError(jobId);
  const signals = jobTypes.get(type)?.signals;
  if (!signals) return;
  const check = signals.get(name);
  if (!check) {
    const known = [...signals.keys()].join(', ') || 'none';
    const message = `"${name}" is not a signal of the job type "${type}"; its signals are ${known}`;
    throw new InvalidRequestError('path', [{ field: 'name', message }]);
  }
  const errors = check(payload);
  if (errors.length === 0) return;
  throw new InvalidRequestError(
    'body',
    errors.map(({ field, message }) => ({ field: field ? `payload.${field}` : 'payload', message })),
  );
}

export async function list(
  {
    tenant,
    path: { job_id: jobId },
    query: { limit, cursor },
  }: ApiRequest<JobPath, { limit: number; cursor?: string | undefined }>,
  { loadSteps }: Dependencies,
): Response {
  const { steps } = await loadSteps();
  const page = await steps.steps(tenant, jobId, cursor === undefined ? undefined : Number(cursor), limit);
  if (!page) throw new JobNotFoundError(jobId);
  const { steps: items, continueAfter } = page;
  const next = continueAfter === null ? null : encodeNameCursor(String(continueAfter));
  return json(200, { job_id: jobId, items, limit, next_cursor: next });
}

type ChildrenQuery = Pick<z.output<typeof listQuerySchema>, 'status' | 'order' | 'limit' | 'cursor'>;

export async function children(
  {
    tenant,
    path: { job_id: jobId },
    query: { status, order, limit, cursor },
  }: ApiRequest<JobPath, ChildrenQuery>,
  { jobs: { store } }: Dependencies,
): Response {
  const page = { filter: toJobFilter({ status, parent_job_id: jobId }), order };
  const after = cursor === undefined ? undefined : decodeJobCursor(cursor, page);
  const [parent, { jobs: items, continueAfter }] = await Promise.all([
    store.status(tenant, jobId),
    store.list({ tenant, ...page, after, limit }),
  ]);
  if (parent === undefined) throw new JobNotFoundError(jobId);
  const next = continueAfter === null ? null : encodeJobCursor(continueAfter, page);
  return json(200, { items, limit, next_cursor: next });
}
