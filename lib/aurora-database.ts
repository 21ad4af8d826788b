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
  /** The VPC, which must have isolated subnets in at least two availability zones. */
  readonly vpc: IVpc;
}

/**
 * PostgreSQL's major version, the same as in the embedded cloud. AWS chooses and upgrades the minor version. If the template named a minor
 * version, deployments would fail once AWS had upgraded the cluster to a later version, or no longer offered the named version (decision 59).
 */
const MAJOR = '17';

/** The stack's Aurora PostgreSQL Serverless v2 cluster. */
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
        "Automatic rotation needs a function in the database's network, with outbound access; docs/operations.md describes manual rotation.",
    });
    // The security group allows no traffic in either direction, because the Data API doesn't connect through the VPC.
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
        reason: 'DELETION_PROTECTION=false turns it off.',
      });
    }
    Validations.of(this.cluster).acknowledge({
      id: 'AwsSolutions-RDS6',
      reason:
        'Direct connections are impossible: the only access is through the Data API, which IAM authorizes.',
    });
    if (auroraRetain) retain(secret, this.cluster, securityGroup);
    this.clusterArn = this.cluster.clusterArn;
    this.clusterIdentifier = this.cluster.clusterIdentifier;
    this.secretArn = secret.secretArn;
  }
}

/**
 * Keeps the constructs' resources when the resources are removed from the stack. A resource is deleted only if its creation is rolled back.
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
 * No function reads from a reader: the readers only take over if the writer fails. The first reader is in promotion tier 1, so it
 * always has the writer's capacity, pauses and resumes with the writer, and is promoted first. The other readers are in tier 2. Without connections,
 * these readers pause independently of the writer, or stay at the minimum capacity
 * (https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html).
 */
function instance(id: string, options: { readonly scaleWithWriter?: boolean } = {}): IClusterInstance {
  return ClusterInstance.serverlessV2(id, {
    ...options,
    publiclyAccessible: false,
    autoMinorVersionUpgrade: true,
  });
}
