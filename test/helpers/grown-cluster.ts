import { readMigrations } from '../../lambdas/migrate/migration-files.ts';
import { applyMigrations } from '../../lambdas/migrate/migrations.ts';
import { MIGRATIONS_FOLDER, startAuroraIn } from './aurora.ts';
import { createRecordingLog } from './recording-log.ts';
import { rowsOfVersion, type Owner } from './rows-of-version.ts';

/**
 * Creates the database in a cluster, and migrates it one schema version at a time. Inserts rows of every kind at each version.
 *
 * @param dataDir the cluster's data folder; if it has no cluster, creates one
 */
export async function growCluster(dataDir: string, owner: Owner): Promise<void> {
  const aurora = await startAuroraIn(dataDir, { keepsData: true });
  try {
    const database = await aurora.createDatabase('errand');
    const migrations = readMigrations(MIGRATIONS_FOLDER);
    for (const version of migrations.keys()) {
      await applyMigrations(migrations.slice(0, version + 1), database, createRecordingLog());
      for (const statement of rowsOfVersion(version + 1, owner)) {
        await aurora.connect(database.databaseName).query(statement);
      }
    }
  } finally {
    await aurora.end();
  }
}
