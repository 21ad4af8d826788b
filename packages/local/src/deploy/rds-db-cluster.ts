import { randomUUID } from 'node:crypto';
import { arn, physicalId, physicalName } from '../template/names.ts';
import { AwsCallError, callAws } from './aws-call.ts';
import type { Properties } from './properties.ts';
import type { ResourceType } from './resource-type.ts';

/** RDS's maximum length for cluster identifiers. */
const MAX_NAME_LENGTH = 63;

/** PostgreSQL's default database. A cluster without a `DatabaseName` has only this database. */
const DEFAULT_DATABASE = 'postgres';

/**
 * AWS::RDS::DBCluster: a database in the embedded PostgreSQL, used through the Data API. The Data API refuses calls for the cluster until a
 * secret is attached to it. If the template does not enable the HTTP endpoint, the Data API refuses all calls for the cluster.
 */
export const rdsDbCluster: ResourceType = {
  honours: [
    'DBClusterIdentifier',
    'DatabaseName',
    'EnableHttpEndpoint',
    'Engine',
    'ManageMasterUserPassword',
    'MasterUsername',
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

  async deploy({ logicalId, properties }, { stack, awsEndpointUrl, clusters, registerCluster }) {
    if (properties.text('Engine') !== 'aurora-postgresql') {
      properties.refuse('Engine', 'must be aurora-postgresql, the only engine that the embedded cloud runs');
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

    const managedSecretArn = properties.isTrue('ManageMasterUserPassword')
      ? await managedSecret(awsEndpointUrl, `rds!cluster-${physicalId(stack, logicalId, 36)}`, properties)
      : undefined;
    if (managedSecretArn !== undefined) await attachSecret(managedSecretArn);
    return {
      ref: identifier,
      attributes: {
        DBClusterArn: clusterArn,
        DBClusterResourceId: `cluster-${physicalId(stack, logicalId, 26).toUpperCase()}`,
        'Endpoint.Address': '127.0.0.1',
        'Endpoint.Port': '5432',
        'ReadEndpoint.Address': '127.0.0.1',
        ...(managedSecretArn !== undefined && { 'MasterUserSecret.SecretArn': managedSecretArn }),
      },
    };
  },
};

/** The master user's name if the template does not specify one. */
const DEFAULT_MASTER = 'postgres';

/** Creates the secret that RDS would create and manage for a cluster. */
async function managedSecret(awsEndpointUrl: string, Name: string, properties: Properties): Promise<string> {
  const call = <Output>(action: string, input: object) =>
    callAws<Output>(awsEndpointUrl, 'secretsmanager', `secretsmanager.${action}`, input);
  try {
    return (await call<{ ARN: string }>('DescribeSecret', { SecretId: Name })).ARN;
  } catch (error) {
    if (!(error instanceof AwsCallError && error.code === 'ResourceNotFoundException')) throw error;
  }
  const { RandomPassword: password } = await call<{ RandomPassword: string }>('GetRandomPassword', {});
  const username = properties.optionalText('MasterUsername') ?? DEFAULT_MASTER;
  const SecretString = JSON.stringify({ username, password });
  const ClientRequestToken = randomUUID();
  return (await call<{ ARN: string }>('CreateSecret', { Name, ClientRequestToken, SecretString })).ARN;
}
