import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { NewAuditEntry } from '../../../job/audit.ts';
import { changeLimit as changeLimitOfKey } from '../../../job/flow/concurrency-keys.ts';
import {
  NothingToPauseError,
  pause as pauseJobs,
  resume as resumeJobs,
  type Pausable,
} from '../../../job/flow/pauses.ts';
import { reportQueues } from '../../../job/flow/queue-report.ts';
import { HttpError } from '../../../middleware/problem.ts';
import type { Dependencies } from '../../dependencies.ts';
import { encodeNameCursor, pageOf } from '../../fields.ts';
import { json } from '../../operation.ts';

// The handlers of the queue and concurrency key operations, loaded when the first of these operations is called (see
// lazy).

type Response = Promise<APIGatewayProxyStructuredResultV2>;

export async function report(tenant: string, { loadFlow }: Dependencies): Response {
  const { queues, reports } = await loadFlow();
  return json(200, await reportQueues(tenant, queues, reports));
}

export async function pause(
  tenant: string,
  paused: Pausable,
  entry: NewAuditEntry,
  { loadFlow }: Dependencies,
): Response {
  const inForce = await orNotFound(pauseJobs(tenant, paused, entry, await loadFlow()));
  return json(200, { [paused.kind]: paused.name, ...inForce });
}

export async function resume(
  tenant: string,
  paused: Pausable,
  entry: NewAuditEntry,
  { loadFlow }: Dependencies,
): Response {
  const woken = await orNotFound(resumeJobs(tenant, paused, entry, await loadFlow()));
  return json(200, { [paused.kind]: paused.name, ...woken });
}

export async function listKeys(
  tenant: string,
  { limit, cursor = '' }: { limit: number; cursor?: string | undefined },
  { loadFlow }: Dependencies,
): Response {
  const { keys } = await loadFlow();
  const found = await keys.list(tenant, cursor, limit + 1);
  return json(
    200,
    pageOf(found, limit, ({ key }) => encodeNameCursor(key)),
  );
}

/** @param limit null to clear the limit */
export async function changeLimit(
  tenant: string,
  { key, limit }: { key: string; limit: number | null },
  entry: NewAuditEntry,
  { loadFlow }: Dependencies,
): Response {
  const woken = await changeLimitOfKey(tenant, key, limit, entry, await loadFlow());
  return json(200, { key, set_limit: limit, ...woken });
}

async function orNotFound<Result>(result: Promise<Result>): Promise<Result> {
  try {
    return await result;
  } catch (error) {
    if (!(error instanceof NothingToPauseError)) throw error;
    throw new HttpError(
      404,
      error.kind === 'queue' ? 'queue-not-found' : 'job-type-not-found',
      error.message,
    );
  }
}
