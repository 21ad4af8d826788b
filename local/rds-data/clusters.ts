import pg from 'pg';
import type { PostgresConnection } from '../postgres/postgres.ts';
import type { Connections } from './connections.ts';
import { openConnections } from './connections.ts';
import { databaseError, DataApiError, fromDatabase } from './data-api-error.ts';
import type { Target } from './request-shapes.ts';

/** A cluster that the Data API answers for. */
export interface Cluster {
  readonly clusterArn: string;
  /** The secret with the master user's password. */
  readonly secretArn: string;
  /** The database of a call that names none. */
  readonly database: string;
}

export interface Database {
  readonly name: string;
  readonly connections: Connections;
}

export interface Clusters {
  /** Creates the cluster's database unless it exists. Several clusters share one server. */
  register(cluster: Cluster): Promise<void>;
  /**
   * The database that a call means.
   *
   * @throws DataApiError when the cluster or the secret is not known, or they do not belong together.
   */
  find(target: Target): Database;
  end(): Promise<void>;
}

/** The master user that CDK gives an Aurora PostgreSQL cluster by default. No superuser, as on AWS. */
const MASTER_USER = 'postgres';

export function createClusters(server: PostgresConnection, statementTimeoutMs: number): Clusters {
  const clusters = new Map<string, Cluster>();
  const pools = new Map<string, Connections>();
  return {
    async register(cluster) {
      await createDatabase(server, cluster.database);
      clusters.set(cluster.clusterArn, cluster);
    },
    find(target) {
      const cluster = authorized(clusters, target);
      const name = target.database ?? cluster.database;
      let connections = pools.get(name);
      if (!connections) {
        connections = openConnections({ ...server, user: MASTER_USER, database: name }, statementTimeoutMs);
        pools.set(name, connections);
      }
      return { name, connections };
    },
    async end() {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
    },
  };
}

function authorized(clusters: Map<string, Cluster>, { resourceArn, secretArn }: Target): Cluster {
  const cluster = clusters.get(resourceArn);
  if (!cluster) {
    const message = `HttpEndpoint is not enabled for resource ${resourceArn}`;
    throw new DataApiError('HttpEndpointNotEnabledException', 400, message);
  }
  if (secretArn === cluster.secretArn) return cluster;
  if ([...clusters.values()].some((other) => other.secretArn === secretArn)) {
    throw databaseError(`FATAL: password authentication failed for user "${MASTER_USER}"; SQLState: 28P01`);
  }
  throw new DataApiError('SecretsErrorException', 400, "Secrets Manager can't find the specified secret.");
}

const DUPLICATE_OBJECT = '42710';
const DUPLICATE_DATABASE = '42P04';

async function createDatabase(server: PostgresConnection, database: string): Promise<void> {
  const client = new pg.Client(server);
  await client.connect();
  const create = async (sql: string, exists: string): Promise<void> => {
    await client.query(sql).catch((error: unknown) => {
      if (!(error instanceof pg.DatabaseError) || error.code !== exists) throw fromDatabase(error);
    });
  };
  try {
    await create(`CREATE ROLE ${MASTER_USER} LOGIN CREATEDB CREATEROLE`, DUPLICATE_OBJECT);
    await create(
      `CREATE DATABASE ${client.escapeIdentifier(database)} OWNER ${MASTER_USER}`,
      DUPLICATE_DATABASE,
    );
  } finally {
    await client.end();
  }
}
