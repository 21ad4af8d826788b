import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import {
  AuroraPostgresEngineVersion,
  ClusterInstance,
  Credentials,
  DatabaseCluster,
  DatabaseClusterEngine,
  DatabaseSecret,
} from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { Database } from './database.ts';
import type { ResolvedSettings } from './settings/table.ts';

export interface AuroraDatabaseProps {
  readonly settings: ResolvedSettings;
  /** Has isolated subnets in at least two availability zones. */
  readonly vpc: IVpc;
}

/** The Aurora PostgreSQL Serverless v2 cluster of the stack. */
export class AuroraDatabase extends Database {
  readonly cluster: DatabaseCluster;
  readonly clusterArn: string;
  readonly secretArn: string;
  readonly databaseName = 'errand';

  constructor(scope: Construct, id: string, props: AuroraDatabaseProps) {
    super(scope, id, 'errand_app');
    const { auroraAutoPause, deletionProtection } = props.settings;
    const secret = new DatabaseSecret(this, 'MasterSecret', { username: 'errand' });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'A rotation needs a function in the network of the database, and ways out of it; docs/operations.md says how to rotate by hand.',
    });
    this.cluster = new DatabaseCluster(this, 'Cluster', {
      // Pausing needs 16.3 or later. The embedded cloud runs PostgreSQL 17 too.
      engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.VER_17_7 }),
      writer: ClusterInstance.serverlessV2('Writer', { publiclyAccessible: false }),
      credentials: Credentials.fromSecret(secret as ISecret),
      defaultDatabaseName: this.databaseName,
      enableDataApi: true,
      serverlessV2MinCapacity: props.settings.auroraMinAcu,
      serverlessV2MaxCapacity: props.settings.auroraMaxAcu,
      ...(auroraAutoPause && { serverlessV2AutoPauseDuration: auroraAutoPause }),
      vpc: props.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      // No rule in either direction: the Data API does not use the VPC.
      securityGroups: [
        new SecurityGroup(this, 'SecurityGroup', {
          vpc: props.vpc,
          allowAllOutbound: false,
          description: 'Closed: the database is reached through the RDS Data API.',
        }),
      ],
      storageEncrypted: true,
      backup: { retention: Duration.days(7) },
      deletionProtection,
      removalPolicy: deletionProtection ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
    });
    if (!deletionProtection) {
      Validations.of(this.cluster).acknowledge({
        id: 'AwsSolutions-RDS10',
        reason: 'DELETION_PROTECTION=false says so.',
      });
    }
    Validations.of(this.cluster).acknowledge({
      id: 'AwsSolutions-RDS6',
      reason: 'No connection is possible: the Data API, which IAM authorizes, is the only way in.',
    });
    this.clusterArn = this.cluster.clusterArn;
    this.secretArn = secret.secretArn;
  }
}
