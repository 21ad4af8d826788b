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

/** The environment in which a stack's resources are deployed, and the data that they leave for dependent resources. */
export interface Cloud {
  readonly stack: StackIdentity;
  /** The path of every asset's folder, by its object key. */
  readonly assets: ReadonlyMap<string, string>;
  /** The folder for code that is not in an asset. */
  readonly madeCodeDir: string;
  /** The URL of all emulated AWS services. */
  readonly awsEndpointUrl: string;
  /** The URL of the stack's HTTP API. */
  readonly httpApiUrl: string;
  readonly lambda: Lambda;
  readonly versions: StackVersions;
  readonly iam: Iam;
  /** Creates an SQS client for a poller with its own access key id. */
  readonly sqsOf: (accessKeyId: string) => SQSClient;
  /** Registers a cluster and its secret with the Data API, and creates its database if there is none. */
  readonly registerCluster: (cluster: {
    clusterArn: string;
    secretArn: string;
    database: string;
  }) => Promise<void>;
  readonly customResources: CustomResourceRecords;
  readonly log: (line: string) => void;
  /** Receives the metrics of background work. */
  readonly publish: PublishMetric;
  /** Registers background work of a resource, to be ended before everything that was started earlier. */
  readonly keep: (running: { end(): Promise<void> }) => void;

  /** By ARN. */
  readonly queueUrls: Map<string, string>;
  /** By identifier. */
  readonly clusters: Map<string, { attachSecret(secretArn: string): Promise<void> }>;
  /** By API id. */
  readonly httpApis: Map<string, HttpApiDraft>;
  readonly permissions: Permissions;
  /** The folders of the stack's layers, by ARN. */
  readonly layers: Map<string, string>;
  /** The stack's alarms, by name. */
  readonly alarms: Map<string, Alarm>;
  /** The documents of the stack's managed policies, by ARN. */
  readonly managedPolicies: Map<string, Resolved>;
}
