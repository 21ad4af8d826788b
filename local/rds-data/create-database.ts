import pg from 'pg';
import type { PostgresConnection } from '../postgres/postgres.ts';
import type { Credentials } from './credentials.ts';
import { fromDatabase } from './data-api-error.ts';

const DUPLICATE_OBJECT = '42710';
const DUPLICATE_DATABASE = '42P04';

/** The user of every database that an earlier version of the embedded cloud made, without a password. */
const EARLIER_MASTER = 'postgres';

/**
 * Creates a cluster's master user and its database, unless they exist. The user is no superuser, as on AWS; its password
 * is what the secret says by now.
 */
export async function createDatabase(
  server: PostgresConnection,
  database: string,
  { username, password }: Credentials,
): Promise<void> {
  await withClient(server, async (client) => {
    const create = async (sql: string, exists: string): Promise<void> => {
      await client.query(sql).catch((error: unknown) => {
        if (!(error instanceof pg.DatabaseError) || error.code !== exists) throw fromDatabase(error);
      });
    };
    const user = client.escapeIdentifier(username);
    await create(`CREATE ROLE ${user} LOGIN CREATEDB CREATEROLE`, DUPLICATE_OBJECT);
    await client.query(`ALTER ROLE ${user} PASSWORD ${client.escapeLiteral(password)}`);
    const name = client.escapeIdentifier(database);
    await create(`CREATE DATABASE ${name} OWNER ${user}`, DUPLICATE_DATABASE);
    await client.query(`ALTER DATABASE ${name} OWNER TO ${user}`);
  });
  await withClient({ ...server, database }, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [EARLIER_MASTER]);
    if (username === EARLIER_MASTER || rowCount === 0) return;
    await client.query(`REASSIGN OWNED BY ${EARLIER_MASTER} TO ${client.escapeIdentifier(username)}`);
  });
}

async function withClient(
  server: PostgresConnection,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client(server);
  await client.connect();
  await work(client).finally(() => client.end());
}
