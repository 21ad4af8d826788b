import type { JobDatabase } from '../../../test/helpers/aurora.ts';
import { churn, fill, sizeOf } from '../../../test/store/churn.ts';
import { openDirectStores } from './direct-stores.ts';
import { printRow, whole } from './printed-table.ts';

const CONNECTIONS = 4;

/** Runs jobs while each table's row count stays constant, and reports each table's size as a multiple of its packed size. */
export async function measureChurn(db: JobDatabase, rows: number, jobs: number): Promise<void> {
  // Aurora's defaults: https://docs.aws.amazon.com/prescriptive-guidance/latest/tuning-postgresql-parameters/autovacuum-naptime.html and
  // https://docs.aws.amazon.com/prescriptive-guidance/latest/tuning-postgresql-parameters/autovacuum-vacuum-scale-factor.html
  await db.sql(`ALTER SYSTEM SET autovacuum_naptime = '5s'`);
  await db.sql('ALTER SYSTEM SET autovacuum_vacuum_scale_factor = 0.1');
  await db.sql('SELECT pg_reload_conf()');
  const packed = await fill(db, rows);
  const each = (bytes: number): string => whole(bytes / rows);
  printRow(`\n${jobs} jobs through tables that keep ${rows}`);
  printRow(`bytes a job, packed: heap ${each(packed.heap)}, indexes ${each(packed.indexes)}`);
  printRow('jobs', ['heap', 'indexes', 'both', 'jobs/s']);
  const stores = await openDirectStores(db, CONNECTIONS);
  try {
    const startedAt = performance.now();
    await churn(stores, {
      rows,
      jobs,
      connections: CONNECTIONS,
      async onTenth(done) {
        const { heap, indexes } = await sizeOf(db);
        const ratios = [
          heap / packed.heap,
          indexes / packed.indexes,
          (heap + indexes) / (packed.heap + packed.indexes),
        ];
        const perSecond = done / ((performance.now() - startedAt) / 1000);
        printRow(String(done), [...ratios.map((ratio) => `${ratio.toFixed(2)}×`), whole(perSecond)]);
      },
    });
    await stores.flushStatistics();
  } finally {
    await stores.end();
  }
  printRow('', ['autovacuums', 'dead rows']);
  const tables = await db.sql<{ name: string; vacuums: number; dead: number }>(
    `SELECT relname AS name, autovacuum_count::int AS vacuums, n_dead_tup::int AS dead
     FROM pg_stat_user_tables WHERE relname LIKE 'job%' AND n_tup_upd + n_tup_del > 0 ORDER BY name`,
  );
  for (const { name, vacuums, dead } of tables) printRow(name, [whole(vacuums), whole(dead)]);
}
