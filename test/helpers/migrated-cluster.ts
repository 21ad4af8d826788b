import { copyMigratedCluster } from './cluster-template.ts';
import type { Owner } from './rows-of-version.ts';

/** No test uses this tenant, and none runs for a year. */
const OTHER_TENANT: Owner = { tenant: 'from-earlier-versions', sleepSeconds: 0.01, dueIn: '1 year' };

/**
 * Copies a cluster with Errand's database into a stack's data folder. The database was migrated one schema version at a time, and has rows of every
 * version, like the database of a deployment that has been upgraded often.
 *
 * The stack's migrations function still runs, but finds no migrations to apply. `restart.test.ts` and the tests that run `npm start` cover the
 * migration of an empty database.
 *
 * @param owner the tenant that owns the rows. With `none`, the database has no rows. By default, a tenant that no test uses owns them, and its jobs
 * are due in a year.
 */
export async function copyClusterOfService(
  dataDir: string,
  owner: Owner | 'none' = OTHER_TENANT,
): Promise<void> {
  if (owner === 'none') {
    await copyMigratedCluster(dataDir, 'migrated', async (folder) => {
      const { migrateCluster } = await import('./aurora.ts');
      await migrateCluster(folder);
    });
    return;
  }
  await copyMigratedCluster(dataDir, `grown-for-${owner.tenant}`, async (folder) => {
    const { growCluster } = await import('./grown-cluster.ts');
    await growCluster(folder, owner);
  });
}
