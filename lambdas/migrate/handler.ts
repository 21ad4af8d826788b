import path from 'node:path';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { createMigrationClient } from '../adapters/clients.ts';
import { provideCustomResource } from '../adapters/custom-resource.ts';
import { createLog } from '../adapters/system.ts';
import { createSecretsManagerClient, createSecretReader } from '../adapters/secret-reader.ts';
import { environments, readEnvironment } from '../environment.ts';
import { checkOldCluster } from './another-cluster.ts';
import { admitApplication, readApplicationUser } from './application-user.ts';
import type { Deadline } from './concurrent-indexes.ts';
import { readMigrations } from './migration-files.ts';
import { applyMigrations } from './migrations.ts';
import { withPatience } from './patience.ts';

const { applicationSecretArn, ...environment } = readEnvironment(environments.migrate);
const log = createLog();
const database = { client: createMigrationClient(), ...environment };
const secretsManager = createSecretsManagerClient();

/** The folder with the migrations, which the deployment puts next to the bundle. */
const MIGRATIONS_FOLDER = path.join(import.meta.dirname, 'migrations');

/**
 * The time reserved for the last try and for responding to CloudFormation, in milliseconds. The last try may take 50 s, a
 * statement's time limit.
 */
const RESERVE_MS = 60_000;

/**
 * An operator's event: operators invoke the function after changing the password. Any event that is not from CloudFormation
 * is treated as an operator's event.
 */
type ByHand = Readonly<Record<string, never>>;

/**
 * The custom resource that keeps the database's schema and user up to date. Updates the schema and the user when the stack is
 * created and when the migrations change, and reports the result to CloudFormation. When the stack is deleted, this resource
 * does nothing: the cluster's own removal policy decides what happens to the data. For an operator, the response contains the
 * names of the applied migrations, or the error.
 */
export async function handler(
  event: CloudFormationCustomResourceEvent | ByHand,
  context: Context,
): Promise<{ applied: string[] } | undefined> {
  const patience = { remainingMs: () => context.getRemainingTimeInMillis() - RESERVE_MS, log };
  if (!('ResponseURL' in event))
    return { applied: await withPatience(patience, () => bringUpToDate(patience)) };
  await provideCustomResource(event as CloudFormationCustomResourceEvent, context, {
    async apply(request) {
      checkOldCluster(request);
      const applied =
        request.RequestType === 'Delete' ? [] : await withPatience(patience, () => bringUpToDate(patience));
      // Keep the id, because CloudFormation would delete the old resource if the id changed.
      const id = 'PhysicalResourceId' in request ? request.PhysicalResourceId : 'schema';
      return { id, data: { applied: applied.join(',') } };
    },
    failure: 'The migrations failed',
    log,
  });
  return undefined;
}

async function bringUpToDate(deadline: Deadline): Promise<string[]> {
  const applied = await applyMigrations(readMigrations(MIGRATIONS_FOLDER), database, log, deadline);
  const failure = 'The functions’ database user secret could not be read.';
  // Create a new reader for each run, because a cached secret could be out of date.
  const readSecret = createSecretReader(secretsManager, applicationSecretArn, () => new Date(), failure);
  await admitApplication(readApplicationUser(await readSecret()), database, log);
  return applied;
}
