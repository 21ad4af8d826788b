import type { PostgresConnection } from '../postgres/postgres.ts';
import type { Connections } from './connections.ts';
import { openConnections } from './connections.ts';
import { createDatabase } from './create-database.ts';
import { credentialsIn, fingerprintOf, type ReadSecret } from './credentials.ts';
import { DataApiError } from './data-api-error.ts';
import type { Target } from './request-shapes.ts';

/** A cluster that the Data API serves. */
export interface Cluster {
  readonly clusterArn: string;
  /** The secret with the master user's name and password. */
  readonly secretArn: string;
  /** The default database for calls. */
  readonly database: string;
}

export interface Database {
  readonly name: string;
  readonly connections: Connections;
}

export interface Clusters {
  /** Creates the cluster's master user and database unless they exist. All clusters share one server. */
  register(cluster: Cluster): Promise<void>;
  /**
   * Returns the database for a call.
   *
   * @throws DataApiError if the cluster or the secret is unknown, or the secret contains no credentials
   */
  find(target: Target): Database;
  end(): Promise<void>;
}

/** @param readSecret reads the secret named in a call */
export function createClusters(
  server: PostgresConnection,
  readSecret: ReadSecret,
  statementTimeoutMs: number,
): Clusters {
  const clusters = new Map<string, Cluster>();
  const pools = new Map<string, Connections>();
  return {
    async register(cluster) {
      await createDatabase(server, cluster.database, credentialsIn(cluster.secretArn, readSecret));
      clusters.set(cluster.clusterArn, cluster);
    },
    find({ resourceArn, secretArn, database }) {
      const cluster = clusters.get(resourceArn);
      if (!cluster) {
        const message = `HttpEndpoint is not enabled for resource ${resourceArn}`;
        throw new DataApiError('HttpEndpointNotEnabledException', 400, message);
      }
      // The client logs in with the secret's user name and password, and Postgres checks both.
      const credentials = credentialsIn(secretArn, readSecret);
      const name = database ?? cluster.database;
      const key = JSON.stringify([name, fingerprintOf(credentials)]);
      let connections = pools.get(key);
      if (!connections) {
        const { username: user, password } = credentials;
        connections = openConnections({ ...server, user, password, database: name }, statementTimeoutMs);
        pools.set(key, connections);
      }
      return { name, connections };
    },
    async end() {
      await Promise.all([...pools.values()].map((pool) => pool.end()));
    },
  };
}
