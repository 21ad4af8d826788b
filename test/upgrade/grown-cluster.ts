import path from 'node:path';
import { readMigrations } from '../../lambdas/migrate/migration-files.ts';
import { applyMigrations } from '../../lambdas/migrate/migrations.ts';
import { MIGRATIONS_FOLDER, startAurora } from '../helpers/aurora.ts';
import { createRecordingLog } from '../helpers/recording-log.ts';
import { rowsOfVersion, type Owner } from '../helpers/rows-of-version.ts';

/**
 * Creates a PostgreSQL cluster with a database that has been migrated one schema version at a time. The database contains rows of every kind,
 * written at each version.
 *
 * @param dataDir the data folder for the cluster
 * @returns the cluster's folder
 */
export async function growCluster(dataDir: string, owner: Owner): Promise<string> {
  const aurora = await startAurora({ dataDir });
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
  return path.join(dataDir, 'postgres');
}
