import type { CloudFormationCustomResourceEvent } from 'aws-lambda';

/**
 * Fails an update that would remove the instances, secret and network of the stack's own cluster. Nothing is lost:
 * CloudFormation removes resources only after all other updates, and this failure rolls the update back before then.
 *
 * @throws Error that explains how to keep the cluster
 */
export function checkOldCluster(event: CloudFormationCustomResourceEvent): void {
  if (event.RequestType !== 'Update') return;
  const { OldResourceProperties: before, ResourceProperties: after } = event;
  // CloudFormation passes booleans as strings.
  const isRemoved = before.clusterRetained === 'false' && after.clusterRetained === undefined;
  if (!isRemoved || before.cluster === after.cluster) return;
  throw new Error(
    `The update would remove the instances, secret and network of the stack's cluster ${String(before.cluster)}. First deploy with ` +
      'AURORA_RETAIN=true and without AURORA_CLUSTER_ARN, then without AURORA_RETAIN and with AURORA_CLUSTER_ARN. ' +
      'See docs/how-to/restore-and-move.md. If this happened in a rollback, continue the rollback with ' +
      `--resources-to-skip ${event.LogicalResourceId}.`,
  );
}
