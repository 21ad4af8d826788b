import path from 'node:path';
import type {
  CloudFormationCustomResourceEvent,
  CloudFormationCustomResourceResponse,
  Context,
} from 'aws-lambda';
import { createMigrationClient } from '../adapters/clients.ts';
import { createLog } from '../adapters/system.ts';
import { createSecretsManagerClient, createSecretReader } from '../adapters/secret-reader.ts';
import { environments, readEnvironment } from '../environment.ts';
import { describe } from '../job/attempt.ts';
import { admitApplication, readApplicationUser } from './application-user.ts';
import { applyMigrations, readMigrations } from './migrations.ts';

const { applicationSecretArn, ...environment } = readEnvironment(environments.migrate);
const log = createLog();
const database = { client: createMigrationClient(), ...environment };
const secretsManager = createSecretsManagerClient();

/** The deployment puts the folder beside the bundle. */
const MIGRATIONS_FOLDER = path.join(import.meta.dirname, 'migrations');

/** What an operator invokes the function with, after a new password: anything that is no event of CloudFormation. */
type ByHand = Readonly<Record<string, never>>;

/**
 * The custom resource "the database has this schema, and this user": brings both up to date when the stack is created or
 * the migrations change, and tells CloudFormation how it went. Deleting the stack leaves the data to the cluster's own
 * removal policy. An operator who invokes it gets the migrations that were applied, or the error.
 */
export async function handler(
  event: CloudFormationCustomResourceEvent | ByHand,
  context: Context,
): Promise<{ applied: string[] } | undefined> {
  if (!('ResponseURL' in event)) return { applied: await bringUpToDate() };
  await answerCloudFormation(event as CloudFormationCustomResourceEvent, context);
  return undefined;
}

async function bringUpToDate(): Promise<string[]> {
  const applied = await applyMigrations(readMigrations(MIGRATIONS_FOLDER), database, log);
  const failure = 'The secret of the functions’ database user could not be read.';
  // A reader of its own for each run: a value that was kept could be the one before.
  const readSecret = createSecretReader(secretsManager, applicationSecretArn, () => new Date(), failure);
  await admitApplication(readApplicationUser(await readSecret()), database, log);
  return applied;
}

async function answerCloudFormation(
  event: CloudFormationCustomResourceEvent,
  context: Context,
): Promise<void> {
  try {
    const applied = event.RequestType === 'Delete' ? [] : await bringUpToDate();
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
