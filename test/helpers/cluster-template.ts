import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
// Jest loads this before the tests, without the condition that resolves packages to their sources.
import { startPostgres } from '../../packages/local/src/postgres/postgres.ts';

/** The variable that tells the test workers where the template is: the folder of a PostgreSQL cluster. */
export const CLUSTER_VARIABLE = 'ERRAND_TEST_CLUSTER';

/**
 * Creates an empty PostgreSQL cluster, once for a run. Copying it takes 0.3 s of processor time, and `initdb` 0.7 s; about a hundred
 * servers start in a run. A run that brings a cluster keeps it: `npm run test:upgrade` has one with rows.
 */
export async function createClusterTemplate(): Promise<void> {
  if (process.env[CLUSTER_VARIABLE] !== undefined) return;
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-cluster-'));
  const postgres = await startPostgres({ dataDir, log: () => undefined });
  await postgres.end();
  process.env[CLUSTER_VARIABLE] = path.join(dataDir, 'postgres');
}

/** Puts a new cluster into a data folder. Without a template, as outside of jest, the server makes its own. */
export async function copyClusterTemplate(dataDir: string): Promise<void> {
  const template = process.env[CLUSTER_VARIABLE];
  // `cp -a` keeps the owner, which is another user if the tests run as root.
  if (template !== undefined) await promisify(execFile)('cp', ['-a', template, dataDir]);
}
