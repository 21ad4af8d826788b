import { copyMigratedCluster } from './cluster-template.ts';

/**
 * Copies a cluster with Errand's schema into a stack's data folder. The stack's migrations function still runs, but finds no migrations to apply.
 * `restart.test.ts` and the tests that run `npm start` cover the migration of an empty database.
 */
export async function copyClusterOfService(dataDir: string): Promise<void> {
  await copyMigratedCluster(dataDir, async (folder) => {
    const { migrateCluster } = await import('./aurora.ts');
    await migrateCluster(folder);
  });
}
