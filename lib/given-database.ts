import type { Construct } from 'constructs';
import { Database } from './database.ts';

export interface GivenDatabaseProps {
  /** The ARN of a cluster in the stack's region, with the Data API enabled. */
  readonly clusterArn: string;
  readonly secretArn: string;
  readonly databaseName: string;
}

/** A database in your own cluster, which the stack uses but does not manage. */
export class GivenDatabase extends Database {
  readonly clusterArn: string;
  readonly secretArn: string;
  readonly databaseName: string;
  readonly clusterIdentifier = undefined;

  constructor(scope: Construct, id: string, props: GivenDatabaseProps) {
    // Database users belong to the cluster, which may host several deployments of Errand. Each deployment needs its own user.
    super(scope, id, `errand_app_${props.databaseName}`);
    this.clusterArn = props.clusterArn;
    this.secretArn = props.secretArn;
    this.databaseName = props.databaseName;
  }
}
