import type { JobDatabase } from '../helpers/aurora.ts';

/**
 * Deletes all rows from the given tables, in this order, and all rows that belong to deleted jobs. Pass `batches` before `jobs`, because deleting a
 * batch's last open job submits the batch's on_complete job.
 *
 * The deletion takes 1 ms. `TRUNCATE jobs CASCADE` takes 90 ms, because it creates a new file for each of about fifty tables and indexes.
 */
export async function emptyTables(db: Pick<JobDatabase, 'sql'>, ...tables: readonly string[]): Promise<void> {
  for (const table of tables) await db.sql(`DELETE FROM ${table}`);
}
