import path from 'node:path';
import type {
  CloudFormationCustomResourceEvent,
  CloudFormationCustomResourceResponse,
  Context,
} from 'aws-lambda';
import { createMigrationClient } from '../adapters/clients.ts';
import { createLog } from '../adapters/log.ts';
import { readEnvironment } from '../environment.ts';
import { describe } from '../job/attempt.ts';
import { applyMigrations } from './apply.ts';
import { readMigrations } from './migrations.ts';

const environment = readEnvironment(['CLUSTER_ARN', 'SECRET_ARN', 'DATABASE_NAME']);
const log = createLog();
const client = createMigrationClient();

/** The deployment puts the folder beside the bundle. */
const MIGRATIONS_FOLDER = path.join(import.meta.dirname, 'migrations');

/**
 * The custom resource "the database has this schema": brings it up to date when the stack is created or the migrations
 * change, and tells CloudFormation how it went. Deleting the stack leaves the data to the cluster's own removal policy.
 */
export async function handler(event: CloudFormationCustomResourceEvent, context: Context): Promise<void> {
  try {
    const applied =
      event.RequestType === 'Delete'
        ? []
        : await applyMigrations(readMigrations(MIGRATIONS_FOLDER), { client, ...environment }, log);
    await respond(event, { Status: 'SUCCESS', Data: { applied: applied.join(',') } });
  } catch (error) {
    log.error('The migrations failed.', { error });
    const Reason = `The migrations failed: ${describe(error)} (log stream ${context.logStreamName})`;
    await respond(event, { Status: 'FAILED', Reason });
  }
}

type Outcome = { Status: 'SUCCESS'; Data: Record<string, string> } | { Status: 'FAILED'; Reason: string };

async function respond(event: CloudFormationCustomResourceEvent, outcome: Outcome): Promise<void> {
  const response: CloudFormationCustomResourceResponse = {
    ...outcome,
    // Always the same: a new id would make CloudFormation delete the old resource.
    PhysicalResourceId: 'PhysicalResourceId' in event ? event.PhysicalResourceId : 'schema',
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
  };
  const answer = await fetch(event.ResponseURL, {
    method: 'PUT',
    // The URL is signed for an empty content type.
    headers: { 'content-type': '' },
    body: JSON.stringify(response),
  });
  if (!answer.ok) throw new Error(`CloudFormation did not take the answer: HTTP ${answer.status}.`);
}
