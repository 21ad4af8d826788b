import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Alarm } from '../cloudwatch/alarm.ts';
import type { PublishMetric } from '../cloudwatch/aws-metrics.ts';
import type { Iam } from '../iam/iam.ts';
import type { Lambda } from '../lambda/lambda.ts';
import type { StackIdentity } from '../template/names.ts';
import type { Resolved } from '../template/scope.ts';
import type { CustomResourceRecords } from './custom-resource-records.ts';
import type { HttpApiDraft } from './http-api-draft.ts';
import type { Permissions } from './permissions.ts';
import type { StackVersions } from './stack-versions.ts';

/** The dependencies for deploying a stack's resources, and the data that deployed resources provide to other resources. */
export interface Cloud {
  readonly stack: StackIdentity;
  /** The paths of the asset folders, keyed by object key. */
  readonly assets: ReadonlyMap<string, string>;
  /** The folder for code that is not an asset, such as inline code and merged layers. */
  readonly madeCodeDir: string;
  /** The URL of the AWS endpoint, which serves all emulated AWS services. */
  readonly awsEndpointUrl: string;
  /** The URL of the stack's HTTP API. */
  readonly httpApiUrl: string;
  readonly lambda: Lambda;
  readonly versions: StackVersions;
  readonly iam: Iam;
  /** Creates an SQS client with its own access key ID, for a poller. */
  readonly sqsOf: (accessKeyId: string) => SQSClient;
  /** Registers a cluster and its secret with the Data API, and creates the cluster's database if it does not exist. */
  readonly registerCluster: (cluster: {
    clusterArn: string;
    secretArn: string;
    database: string;
  }) => Promise<void>;
  readonly customResources: CustomResourceRecords;
  readonly log: (line: string) => void;
  /** Publishes the metrics of background work. */
  readonly publish: PublishMetric;
  /** Registers a resource's background work. Background work is stopped in reverse order of registration. */
  readonly keep: (running: { end(): Promise<void> }) => void;

  /** Queue URLs, keyed by ARN. */
  readonly queueUrls: Map<string, string>;
  /** Clusters, keyed by identifier. */
  readonly clusters: Map<string, { attachSecret(secretArn: string): Promise<void> }>;
  /** HTTP APIs, keyed by API ID. */
  readonly httpApis: Map<string, HttpApiDraft>;
  readonly permissions: Permissions;
  /** The folders of the stack's layers, keyed by ARN. */
  readonly layers: Map<string, string>;
  /** The stack's alarms, keyed by name. */
  readonly alarms: Map<string, Alarm>;
  /** The policy documents of the stack's managed policies, keyed by ARN. */
  readonly managedPolicies: Map<string, Resolved>;
}
