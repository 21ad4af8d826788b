import type { ResourceType } from './resource-type.ts';

/** AWS::SecretsManager::SecretTargetAttachment: makes the Data API accept the secret for the cluster. */
export const secretTargetAttachment: ResourceType = {
  honours: ['SecretId', 'TargetId', 'TargetType'],
  withoutEffect: [],

  async deploy({ properties }, { clusters }) {
    const targetType = properties.text('TargetType');
    if (targetType !== 'AWS::RDS::DBCluster') {
      properties.refuse(
        'TargetType',
        'must be AWS::RDS::DBCluster, the only target that the embedded cloud runs',
      );
    }
    const secretArn = properties.text('SecretId');
    const cluster = clusters.get(properties.text('TargetId'));
    if (!cluster) return properties.refuse('TargetId', 'is not a cluster in this stack');
    await cluster.attachSecret(secretArn);
    return { ref: secretArn, attributes: { Id: secretArn } };
  },
};
