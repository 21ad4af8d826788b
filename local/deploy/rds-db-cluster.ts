import { arn, physicalId, physicalName } from '../template/names.ts';
import type { ResourceType } from './resource-type.ts';

/** RDS's longest cluster identifier. */
const MAX_NAME_LENGTH = 63;

/** The database that PostgreSQL itself always has; a cluster without a `DatabaseName` has no other. */
const DEFAULT_DATABASE = 'postgres';

/**
 * AWS::RDS::DBCluster: a database in the embedded PostgreSQL, behind the Data API. The Data API refuses the cluster
 * until a secret is attached to it, and altogether if the template does not enable its HTTP endpoint.
 */
export const rdsDbCluster: ResourceType = {
  honours: [
    'DBClusterIdentifier',
    'DatabaseName',
    'EnableHttpEndpoint',
    'Engine',
    'ManageMasterUserPassword',
  ],
  withoutEffect: [
    'AutoMinorVersionUpgrade',
    'BackupRetentionPeriod',
    'CopyTagsToSnapshot',
    'DBClusterParameterGroupName',
    'DBSubnetGroupName',
    'DatabaseInsightsMode',
    'DeletionProtection',
    'EnableCloudwatchLogsExports',
    'EnableIAMDatabaseAuthentication',
    'EngineVersion',
    'KmsKeyId',
    'MasterUserPassword',
    'MasterUserSecret',
    'MasterUsername',
    'NetworkType',
    'PerformanceInsightsEnabled',
    'PerformanceInsightsKmsKeyId',
    'PerformanceInsightsRetentionPeriod',
    'Port',
    'PreferredBackupWindow',
    'PreferredMaintenanceWindow',
    'ServerlessV2ScalingConfiguration',
    'StorageEncrypted',
    'StorageType',
    'Tags',
    'VpcSecurityGroupIds',
  ],

  async deploy({ logicalId, properties }, { stack, clusters, registerCluster }) {
    if (properties.text('Engine') !== 'aurora-postgresql') {
      properties.refuse('Engine', 'must be aurora-postgresql, the one engine the embedded cloud runs');
    }
    const identifier = (
      properties.optionalText('DBClusterIdentifier') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH)
    ).toLowerCase();
    const clusterArn = arn(stack, 'rds', `cluster:${identifier}`);
    const database = properties.optionalText('DatabaseName') ?? DEFAULT_DATABASE;
    const hasDataApi = properties.isTrue('EnableHttpEndpoint');
    const attachSecret = async (secretArn: string) => {
      if (hasDataApi) await registerCluster({ clusterArn, secretArn, database });
    };
    clusters.set(identifier, { attachSecret });

    const managedSecretArn = arn(
      stack,
      'secretsmanager',
      `secret:rds!cluster-${physicalId(stack, logicalId, 36)}`,
    );
    const managesSecret = properties.isTrue('ManageMasterUserPassword');
    if (managesSecret) await attachSecret(managedSecretArn);
    return {
      ref: identifier,
      attributes: {
        DBClusterArn: clusterArn,
        DBClusterResourceId: `cluster-${physicalId(stack, logicalId, 26).toUpperCase()}`,
        'Endpoint.Address': '127.0.0.1',
        'Endpoint.Port': '5432',
        'ReadEndpoint.Address': '127.0.0.1',
        ...(managesSecret && { 'MasterUserSecret.SecretArn': managedSecretArn }),
      },
    };
  },
};
