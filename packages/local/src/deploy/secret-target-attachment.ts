import type { ResourceType } from './resource-type.ts';

/** AWS::SecretsManager::SecretTargetAttachment: lets the cluster's Data API accept the secret. */
export const secretTargetAttachment: ResourceType = {
  honours: ['SecretId', 'TargetId', 'TargetType'],
  withoutEffect: [],

  async deploy({ properties }, { clusters }) {
    const targetType = properties.text('TargetType');
    if (targetType !== 'AWS::RDS::DBCluster') {
      properties.refuse('TargetType', 'must be AWS::RDS::DBCluster, the one target the embedded cloud runs');
    }
    const secretArn = properties.text('SecretId');
    const cluster = clusters.get(properties.text('TargetId'));
    if (!cluster) return properties.refuse('TargetId', 'names no cluster of this stack');
    await cluster.attachSecret(secretArn);
    return { ref: secretArn, attributes: { Id: secretArn } };
  },
};
