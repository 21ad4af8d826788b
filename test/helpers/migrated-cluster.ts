import { copyMigratedCluster } from './cluster-template.ts';

/**
 * Puts a cluster whose database has the schema of the service into the data folder of a stack. The stack's
 * migrations still run, but have nothing to apply. `restart.test.ts` and the tests that start `npm start`
 * migrate an empty database.
 */
export async function copyClusterOfService(dataDir: string): Promise<void> {
  await copyMigratedCluster(dataDir, async (folder) => {
    const { migrateCluster } = await import('./aurora.ts');
    await migrateCluster(folder);
  });
}
