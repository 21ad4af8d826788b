import type pg from 'pg';

/** The rows of each non-empty table, by table name. */
export type Rows = Record<string, Record<string, unknown>[]>;

/** Returns the `name` column of a query's rows. */
export async function namesIn(pool: pg.Pool, query: string): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(query);
  return rows.map(({ name }) => name);
}

export function tablesIn(pool: pg.Pool): Promise<string[]> {
  return namesIn(pool, `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`);
}

/** Returns the definitions of columns, constraints, indexes, triggers and functions, as formatted by Postgres. */
export async function schemaIn(pool: pg.Pool): Promise<string[]> {
  return namesIn(
    pool,
    `SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) AS name
       FROM information_schema.columns WHERE table_schema = 'public'
     UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
     UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
     UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
     ORDER BY 1`,
  );
}

/**
 * Reads all rows as JSON. Skips the migration ledger, the job counts and the history, because migrations and triggers change these tables.
 */
export async function rowsIn(pool: pg.Pool): Promise<Rows> {
  const found: Rows = {};
  for (const table of (await tablesIn(pool)).filter(
    (name) => !['schema_migrations', 'job_counts', 'job_history'].includes(name),
  )) {
    const { rows } = await pool.query<{ row: Record<string, unknown> }>(
      `SELECT to_jsonb(t) AS row FROM ${table} t WHERE to_jsonb(t) ->> 'created_by' IS NULL ORDER BY to_jsonb(t) ->> 'job_id', to_jsonb(t)::text`,
    );
    if (rows.length > 0) found[table] = rows.map(({ row }) => row);
  }
  return found;
}

/** Returns the rows of `before` that are missing or changed in `after`. Migrations may add columns and rows, but must keep the existing rows. */
export function lostRows(before: Rows, after: Rows): Rows {
  const lost = Object.entries(before).map(([table, rows]): [string, Rows[string]] => {
    const columns = Object.keys(rows[0] ?? {});
    const valuesOf = (row: Rows[string][number]) =>
      JSON.stringify(columns.map((column) => [column in row, row[column]]));
    const kept = new Set(after[table]?.map(valuesOf));
    return [table, rows.filter((row) => !kept.has(valuesOf(row)))];
  });
  return Object.fromEntries(lost.filter(([, rows]) => rows.length > 0));
}
