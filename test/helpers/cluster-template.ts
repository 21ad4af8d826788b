import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rename } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { oneAtATime } from './one-at-a-time.ts';

/** The variable with the template's path for the test workers. The template is the folder of a PostgreSQL cluster. */
export const CLUSTER_VARIABLE = 'ERRAND_TEST_CLUSTER';

/**
 * Creates an empty PostgreSQL cluster once per run. Copying it takes 0.3 s of CPU time, `initdb` 0.7 s, and a
 * run starts about a hundred servers. A run with its own cluster keeps it, such as `npm run test:upgrade`,
 * whose cluster has rows.
 */
export async function createClusterTemplate(): Promise<void> {
  if (process.env[CLUSTER_VARIABLE] !== undefined) return;
  // Imported here because the tests load this file too.
  const { startPostgres } = await import('../../packages/local/src/postgres/postgres.ts');
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-cluster-'));
  const postgres = await startPostgres({ dataDir, log: () => undefined });
  await postgres.end();
  process.env[CLUSTER_VARIABLE] = path.join(dataDir, 'postgres');
}

/** Puts a new cluster into a data folder. Without a template, as outside of jest, the server creates one. */
export async function copyClusterTemplate(dataDir: string): Promise<void> {
  const template = process.env[CLUSTER_VARIABLE];
  if (template !== undefined) await copyCluster(template, dataDir);
}

/**
 * Puts a cluster whose database has the schema of the service into a data folder. The first test file that
 * needs such a cluster creates it, and the others copy it.
 *
 * @param migrate creates the schema in a data folder with a new cluster
 * @returns whether there was a template; outside of jest there is none
 */
export async function copyMigratedCluster(
  dataDir: string,
  migrate: (dataDir: string) => Promise<void>,
): Promise<boolean> {
  const empty = process.env[CLUSTER_VARIABLE];
  if (empty === undefined) return false;
  // In the run's own folder, so that the next run creates its own with its migrations.
  const folder = path.join(path.dirname(empty), 'migrated');
  const template = path.join(folder, 'postgres');
  await oneAtATime('migrated-cluster', async () => {
    if (existsSync(template)) return;
    const unfinished = await mkdtemp(`${folder}-`);
    await copyCluster(empty, unfinished);
    await migrate(unfinished);
    await rename(unfinished, folder);
  });
  await copyCluster(template, dataDir);
  return true;
}

async function copyCluster(template: string, dataDir: string): Promise<void> {
  // `cp -a` keeps the owner, which is another user if the tests run as root.
  await promisify(execFile)('cp', ['-a', template, path.join(dataDir, 'postgres')]);
}
