import { describe, expect, it } from '@jest/globals';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { checkOldCluster } from '../../../lambdas/migrate/another-cluster.ts';

type Properties = Readonly<Record<string, string>>;

/** Returns an update event of the custom resource. As in CloudFormation, all values are strings. */
function update(before: Properties, after: Properties): CloudFormationCustomResourceEvent {
  return {
    RequestType: 'Update',
    ServiceToken: 'arn',
    ResponseURL: 'https://example.com',
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Run',
    PhysicalResourceId: 'schema',
    ResourceType: 'Custom::Migration',
    OldResourceProperties: { ServiceToken: 'arn', ...before },
    ResourceProperties: { ServiceToken: 'arn', ...after },
  };
}

const own = { cluster: 'own', clusterRetained: 'false' };
const retained = { cluster: 'own' };
const given = { cluster: 'given' };

describe('an update to the user’s own cluster', () => {
  it('is stopped before the stack’s cluster loses its instances, and the error says how to keep them', () => {
    expect(() => {
      checkOldCluster(update(own, given));
    }).toThrow(
      /the stack's cluster own\. First deploy with AURORA_RETAIN=true and without AURORA_CLUSTER_ARN, then /,
    );
  });

  it.each([
    ['after the stack’s cluster was retained', retained, given],
    ['in a rollback', given, own],
    ['that changes nothing about the cluster', own, own],
    ['that retains the cluster', own, retained],
    ['from a version that did not record this', { cluster: 'own' }, given],
  ])('continues %s', (_when, before, after) => {
    expect(() => {
      checkOldCluster(update(before, after));
    }).not.toThrow();
  });
});
