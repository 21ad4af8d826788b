import type { JobDatabase } from '../../../test/helpers/aurora.ts';
import { livesOf, PHASES } from '../../../test/store/job-lives.ts';
import { writtenBy, type WrittenWal } from '../../../test/store/written-wal.ts';
import { openDirectStores } from './direct-stores.ts';
import { printRow, whole } from './printed-table.ts';

const CONNECTIONS = [1, 4, 16] as const;
const BATCHES = [1, 10] as const;
const COLUMNS = PHASES.flatMap((phase) => BATCHES.map((batch) => `${phase} ${batch}`));

/** For each statement in a job's life cycle, reports its speed and the amount it writes, for batches of one job and of ten jobs. */
export async function measureLives(db: JobDatabase, jobs: number, rounds: number): Promise<void> {
  printRow(`jobs per second, the fastest of ${rounds} rounds of ${jobs} jobs`);
  printRow('connections', COLUMNS);
  for (const connections of CONNECTIONS) {
    const rates = await ratesOf(db, connections, jobs, rounds);
    printRow(
      String(connections),
      COLUMNS.map((column) => whole(rates.get(column) ?? NaN)),
    );
  }
  await measureWal(db, jobs);
  await printTables(db);
}

async function ratesOf(
  db: JobDatabase,
  connections: number,
  jobs: number,
  rounds: number,
): Promise<Map<string, number>> {
  const stores = await openDirectStores(db, connections);
  try {
    // The first run is a warm-up, in which each connection plans its statements.
    const first = livesOf(stores, 10 * connections, 1);
    for (const phase of PHASES) await first.run(phase, connections);
    const rates = new Map<string, number>();
    for (let round = 0; round < rounds; round += 1) {
      for (const batch of BATCHES) {
        const lives = livesOf(stores, jobs, batch);
        for (const phase of PHASES) {
          const startedAt = performance.now();
          await lives.run(phase, connections);
          const rate = jobs / ((performance.now() - startedAt) / 1000);
          const column = `${phase} ${batch}`;
          rates.set(column, Math.max(rate, rates.get(column) ?? 0));
        }
      }
    }
    await stores.flushStatistics();
    return rates;
  } finally {
    await stores.end();
  }
}

async function measureWal(db: JobDatabase, jobs: number): Promise<void> {
  const stores = await openDirectStores(db, 1);
  const written = new Map<string, WrittenWal>();
  try {
    for (const batch of BATCHES) {
      const lives = livesOf(stores, jobs, batch);
      for (const phase of PHASES)
        written.set(`${phase} ${batch}`, await writtenBy(db, () => lives.run(phase)));
    }
    await stores.flushStatistics();
  } finally {
    await stores.end();
  }
  const print = (head: string, valueOf: (wal: WrittenWal) => number, digits: number): void => {
    const values = COLUMNS.map((column) => {
      const wal = written.get(column);
      return wal ? (valueOf(wal) / jobs).toFixed(digits) : '';
    });
    printRow(head, values);
  };
  printRow('\nwritten for each job (WAL)');
  printRow('', COLUMNS);
  print('bytes', ({ bytes }) => bytes, 0);
  print(
    'index entries',
    ({ indexEntries }) => [...indexEntries.values()].reduce((all, few) => all + few, 0),
    2,
  );
  const indexes = new Set([...written.values()].flatMap(({ indexEntries }) => [...indexEntries.keys()]));
  for (const index of [...indexes].sort())
    print(`  ${index}`, ({ indexEntries }) => indexEntries.get(index) ?? 0, 2);
}

interface TableRow {
  name: string;
  heap: number;
  indexes: number;
  updates: number;
  hot: number;
  dead: number;
}

async function printTables(db: JobDatabase): Promise<void> {
  const tables = await db.sql<TableRow>(
    `SELECT relname AS name, pg_table_size(relid) / jobs AS heap, pg_indexes_size(relid) / jobs AS indexes,
            n_tup_upd / jobs AS updates, n_tup_hot_upd / NULLIF(n_tup_upd, 0)::float8 AS hot, n_dead_tup::int AS dead
     FROM pg_stat_user_tables, (SELECT count(*)::float8 AS jobs FROM jobs) AS counted
     WHERE n_tup_ins > 0 AND relname LIKE 'job%' ORDER BY name`,
  );
  printRow('\ntables, for each job');
  printRow('', ['heap bytes', 'index bytes', 'updates', 'HOT updates', 'dead rows']);
  for (const { name, heap, indexes, updates, hot, dead } of tables) {
    const share = `${whole(100 * hot)} %`;
    printRow(name, [whole(heap), whole(indexes), updates.toFixed(2), share, whole(dead)]);
  }
}
