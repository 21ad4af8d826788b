import pg from 'pg';
import { scanNamedParameters } from 'errand-local/rds-data/named-parameters';
import { createAttemptStore } from '../../../lambdas/adapters/aurora/attempt-store.ts';
import type { DataApi } from '../../../lambdas/adapters/aurora/data-api.ts';
import { createJobStore } from '../../../lambdas/adapters/aurora/job-store.ts';
import { createMendingStore } from '../../../lambdas/adapters/aurora/mending-store.ts';
import { createPruneStore } from '../../../lambdas/adapters/aurora/prune-store.ts';
import { createSubmissionStore } from '../../../lambdas/adapters/aurora/submission-store.ts';
import type { JobDatabase, Stores } from '../../../test/helpers/aurora.ts';

/** Stores with their own connections to PostgreSQL. */
export interface DirectStores extends Pick<Stores, 'jobs' | 'attempts' | 'mending'> {
  /** Flushes the statistics of all connections, so that `pg_stat_user_tables` contains them. */
  flushStatistics(): Promise<void>;
  end(): Promise<void>;
}

/**
 * Opens stores that bypass the emulated Data API, whose process would be the bottleneck. Statements are prepared, as in the Data API.
 */
export async function openDirectStores(db: JobDatabase, connections: number): Promise<DirectStores> {
  const [server] = await db.sql<{ host: string; user: string; database: string }>(
    `SELECT current_setting('unix_socket_directories') AS host, current_user AS user, current_database() AS database`,
  );
  const pool = new pg.Pool({ ...server, max: connections, idleTimeoutMillis: 0 });
  // A connection that is being closed may still receive the notice that the server is stopping.
  pool.on('error', () => undefined);
  const names = new Map<string, string>();
  const dataApi: DataApi = {
    async queryText({ sql }, parameters = {}) {
      const { text, names: places } = scanNamedParameters(sql);
      const name = names.get(text) ?? `s${names.size}`;
      names.set(text, name);
      const values = places.map((place) => parameters[place] ?? null);
      const { rows } = await pool.query<[string]>({ name, text, values, rowMode: 'array' });
      return rows.map(([document]) => document);
    },
    async query<Row>(...call: Parameters<DataApi['query']>) {
      return (await dataApi.queryText(...call)).map((document) => JSON.parse(document) as Row);
    },
    async queryKnowing<Row>(...call: Parameters<DataApi['query']>) {
      return { rows: await dataApi.query<Row>(...call), isOnly: true };
    },
  };
  return {
    jobs: { ...createJobStore(dataApi, ['default']), ...createSubmissionStore(dataApi) },
    attempts: createAttemptStore(dataApi),
    mending: { ...createMendingStore(dataApi), ...createPruneStore(dataApi) },
    async flushStatistics() {
      const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()));
      for (const client of clients) {
        await client.query('SELECT pg_stat_force_next_flush()');
        client.release();
      }
    },
    end: () => pool.end(),
  };
}
