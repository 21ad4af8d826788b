import pg from 'pg';
import type { PostgresConnection } from '../postgres/postgres.ts';
import type { Credentials } from './credentials.ts';
import { fromDatabase } from './data-api-error.ts';

const DUPLICATE_OBJECT = '42710';
const DUPLICATE_DATABASE = '42P04';

/** The user that, in earlier versions of the embedded cloud, owned all databases and had no password. */
const EARLIER_MASTER = 'postgres';

/**
 * Creates a cluster's master user and database, unless they exist. As on AWS, the user is not a superuser, and its password is
 * the secret's current password.
 */
export async function createDatabase(
  server: PostgresConnection,
  database: string,
  { username, password }: Credentials,
): Promise<void> {
  const owner = await withClient(server, async (client) => {
    const create = async (sql: string, exists: string): Promise<void> => {
      await client.query(sql).catch((error: unknown) => {
        if (!(error instanceof pg.DatabaseError) || error.code !== exists) throw error;
      });
    };
    const user = client.escapeIdentifier(username);
    await create(`CREATE ROLE ${user} LOGIN CREATEDB CREATEROLE`, DUPLICATE_OBJECT);
    await client.query(`ALTER ROLE ${user} PASSWORD ${client.escapeLiteral(password)}`);
    const name = client.escapeIdentifier(database);
    await create(`CREATE DATABASE ${name} OWNER ${user}`, DUPLICATE_DATABASE);
    const { rows } = await client.query<{ owner: string }>(
      'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
      [database],
    );
    await client.query(`ALTER DATABASE ${name} OWNER TO ${user}`);
    return rows[0]?.owner;
  });
  if (owner !== EARLIER_MASTER || owner === username) return;
  await withClient({ ...server, database }, async (client) => {
    await client.query(`REASSIGN OWNED BY ${EARLIER_MASTER} TO ${client.escapeIdentifier(username)}`);
  });
}

/** @throws a one-line Error if the server exits while `work` runs */
async function withClient<Result>(
  server: PostgresConnection,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(server);
  // If the connection breaks, the running statement fails, and the client also emits an 'error' event. Without a listener, the event would
  // crash the process.
  let broken: Error | undefined;
  client.on('error', (error) => {
    broken = error;
  });
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    if (!broken && error instanceof pg.DatabaseError && error.severity !== 'FATAL') throw fromDatabase(error);
    const { message } = broken ?? (error as Error);
    throw new Error(`PostgreSQL exited during startup (${message}); start again.`, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}
