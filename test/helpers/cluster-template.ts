import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rename } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { oneAtATime } from './one-at-a-time.ts';

/** The environment variable that passes the template's path to test workers. The template is a PostgreSQL cluster's folder. */
export const CLUSTER_VARIABLE = 'ERRAND_TEST_CLUSTER';

/**
 * Creates an empty PostgreSQL cluster once per run. A run starts about a hundred servers, and copying a cluster takes 0.3 s of CPU time, while
 * `initdb` takes 0.7 s. A run can provide its own cluster instead. For example, `npm run mutants` does.
 */
export async function createClusterTemplate(): Promise<void> {
  if (process.env[CLUSTER_VARIABLE] !== undefined) return;
  // This import is dynamic, because tests that don't need the server load this file too.
  const { startPostgres } = await import('../../packages/local/src/postgres/postgres.ts');
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-cluster-'));
  const postgres = await startPostgres({ dataDir, log: () => undefined });
  await postgres.end();
  process.env[CLUSTER_VARIABLE] = path.join(dataDir, 'postgres');
}

/**
 * Copies the cluster template into a data folder. Outside of Jest, no template exists, so the server creates a cluster.
 */
export async function copyClusterTemplate(dataDir: string): Promise<void> {
  const template = process.env[CLUSTER_VARIABLE];
  if (template !== undefined) await copyCluster(template, dataDir);
}

/**
 * Copies a cluster with Errand's schema into a data folder. The first test file that needs this cluster creates it, and the other test files copy it.
 *
 * @param name tells clusters apart that differ in their rows
 * @param migrate creates the schema, and the rows if it has any, in a data folder with a new cluster
 * @returns whether a template exists; outside of Jest, none exists
 */
export async function copyMigratedCluster(
  dataDir: string,
  name: string,
  migrate: (dataDir: string) => Promise<void>,
): Promise<boolean> {
  const empty = process.env[CLUSTER_VARIABLE];
  if (empty === undefined) return false;
  // The migrated cluster is in this run's folder, so the next run applies its own migrations to a new cluster.
  const folder = path.join(path.dirname(empty), name);
  const template = path.join(folder, 'postgres');
  await oneAtATime(`${name}-cluster`, async () => {
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
  // `cp -a` keeps the files' owner, which is another user if the tests run as root.
  await promisify(execFile)('cp', ['-a', template, path.join(dataDir, 'postgres')]);
}
