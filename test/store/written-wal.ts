import type { JobDatabase } from '../helpers/aurora.ts';

/**
 * The write-ahead log (WAL) that PostgreSQL wrote during an operation: its size, index entries and row updates. Unlike the operation's duration,
 * these numbers don't depend on the machine's load.
 */
export interface WrittenWal {
  readonly bytes: number;
  /** The number of new index entries, by index. */
  readonly indexEntries: ReadonlyMap<string, number>;
  /** The number of row updates, by table. A HOT update writes no index entry. */
  readonly updates: ReadonlyMap<string, { readonly all: number; readonly hot: number }>;
}

interface BlockRow {
  name: string;
  kind: string;
  records: number;
}

/** Runs an operation, and summarizes the WAL that the whole server wrote in the meantime. */
export async function writtenBy(
  db: Pick<JobDatabase, 'sql'>,
  work: () => Promise<unknown>,
): Promise<WrittenWal> {
  await db.sql('CREATE EXTENSION IF NOT EXISTS pg_walinspect');
  const start = await position(db);
  await work();
  const end = await position(db);
  const [size] = await db.sql<{ bytes: number }>(
    'SELECT pg_wal_lsn_diff($2::pg_lsn, $1::pg_lsn)::float8 AS bytes',
    [start, end],
  );
  // Page splits are counted too, because each of them adds an index entry. Block 0 of a WAL record is the page to which the row or index entry is
  // written.
  const rows = await db.sql<BlockRow>(
    `SELECT relname AS name,
            CASE WHEN resource_manager = 'Btree' THEN 'entry' WHEN record_type LIKE 'HOT%' THEN 'hot' ELSE 'update' END AS kind,
            count(*)::int AS records
     FROM pg_get_wal_block_info($1::pg_lsn, $2::pg_lsn, false) AS block
     JOIN pg_class ON pg_relation_filenode(pg_class.oid) = block.relfilenode
     WHERE block_id = 0
       AND reldatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND relnamespace = 'public'::regnamespace
       AND (resource_manager = 'Btree' AND record_type ~ '^(INSERT_LEAF|INSERT_POST|SPLIT)'
            OR resource_manager = 'Heap' AND record_type ~ '^(HOT_)?UPDATE')
     GROUP BY name, kind ORDER BY name`,
    [start, end],
  );
  const indexEntries = new Map<string, number>();
  const updates = new Map<string, { all: number; hot: number }>();
  for (const { name, kind, records } of rows) {
    if (kind === 'entry') {
      indexEntries.set(name, records);
      continue;
    }
    const counted = updates.get(name) ?? { all: 0, hot: 0 };
    counted.all += records;
    if (kind === 'hot') counted.hot += records;
    updates.set(name, counted);
  }
  return { bytes: size?.bytes ?? NaN, indexEntries, updates };
}

/** Returns the LSN up to which the WAL has been flushed. Only flushed WAL can be read. Every commit flushes the WAL up to the commit's record. */
async function position(db: Pick<JobDatabase, 'sql'>): Promise<string> {
  const [row] = await db.sql<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  if (!row) throw new Error('PostgreSQL did not report where its WAL ends.');
  return row.lsn;
}
