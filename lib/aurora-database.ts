import { CfnResource, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib/core';
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
import type { IClusterInstance } from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct, IConstruct } from 'constructs';
import { Database } from './database.ts';
import type { ResolvedSettings } from './settings/table.ts';

export interface AuroraDatabaseProps {
  readonly settings: ResolvedSettings;
  /** Has isolated subnets in at least two availability zones. */
  readonly vpc: IVpc;
}

/**
 * The major version of PostgreSQL, which the embedded cloud runs too. AWS chooses the minor version and upgrades it: a template
 * that names a minor version fails once AWS has upgraded the cluster beyond that version, or no longer offers it for new clusters
 * (decision 59).
 */
const MAJOR = '17';

/** The Aurora PostgreSQL Serverless v2 cluster of the stack. */
export class AuroraDatabase extends Database {
  readonly cluster: DatabaseCluster;
  readonly clusterArn: string;
  readonly clusterIdentifier: string;
  readonly secretArn: string;
  readonly databaseName = 'errand';

  constructor(scope: Construct, id: string, props: AuroraDatabaseProps) {
    const { auroraAutoPause, auroraReaders, auroraRetain, deletionProtection } = props.settings;
    super(scope, id, 'errand_app', deletionProtection && !auroraRetain ? false : undefined);
    const secret = new DatabaseSecret(this, 'MasterSecret', { username: 'errand' });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'A rotation needs a function in the network of the database, and ways out of it; docs/operations.md says how to rotate by hand.',
    });
    // No rules in either direction: the Data API does not use the VPC.
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      allowAllOutbound: false,
      description: 'Closed: the database is reached through the RDS Data API.',
    });
    this.cluster = new DatabaseCluster(this, 'Cluster', {
      engine: DatabaseClusterEngine.auroraPostgres({ version: AuroraPostgresEngineVersion.of(MAJOR, MAJOR) }),
      autoMinorVersionUpgrade: true,
      writer: instance('Writer'),
      readers: Array.from({ length: auroraReaders }, (_, index) =>
        instance(`Reader${index + 1}`, { scaleWithWriter: index === 0 }),
      ),
      credentials: Credentials.fromSecret(secret as ISecret),
      defaultDatabaseName: this.databaseName,
      enableDataApi: true,
      serverlessV2MinCapacity: props.settings.auroraMinAcu,
      serverlessV2MaxCapacity: props.settings.auroraMaxAcu,
      ...(auroraAutoPause && { serverlessV2AutoPauseDuration: auroraAutoPause }),
      vpc: props.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [securityGroup],
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
    if (auroraRetain) retain(secret, this.cluster, securityGroup);
    this.clusterArn = this.cluster.clusterArn;
    this.clusterIdentifier = this.cluster.clusterIdentifier;
    this.secretArn = secret.secretArn;
  }
}

/**
 * Keeps all resources of some constructs when they are removed from the stack. Only a rollback of their creation deletes them.
 */
export function retain(...constructs: readonly IConstruct[]): void {
  for (const { node } of constructs) {
    for (const child of node.findAll()) {
      if (CfnResource.isCfnResource(child))
        child.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    }
  }
}

/**
 * Aurora upgrades minor versions only if every instance allows it
 * (https://docs.aws.amazon.com/config/latest/developerguide/rds-automatic-minor-version-upgrade-enabled.html).
 *
 * No function reads from a reader: readers only take over from the writer. The first one is in promotion tier 1: it always has
 * the writer's capacity, pauses and resumes with the writer, and is promoted first. The others are in tier 2: they have no
 * connections, so they pause by themselves or stay at the minimum capacity
 * (https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html).
 */
function instance(id: string, options: { readonly scaleWithWriter?: boolean } = {}): IClusterInstance {
  return ClusterInstance.serverlessV2(id, {
    ...options,
    publiclyAccessible: false,
    autoMinorVersionUpgrade: true,
  });
}
