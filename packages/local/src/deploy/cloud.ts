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

/** What the resources of a stack are deployed to, and what they leave for the ones that depend on them. */
export interface Cloud {
  readonly stack: StackIdentity;
  /** The path of every asset's folder, by its object key. */
  readonly assets: ReadonlyMap<string, string>;
  /** The folder for code that is in no asset. */
  readonly madeCodeDir: string;
  /** Where every emulated AWS service answers. */
  readonly awsEndpointUrl: string;
  /** Where the stack's HTTP API answers. */
  readonly httpApiUrl: string;
  readonly lambda: Lambda;
  readonly versions: StackVersions;
  readonly iam: Iam;
  /** A client of SQS for what polls with an access key id of its own. */
  readonly sqsOf: (accessKeyId: string) => SQSClient;
  /** Makes the Data API take a cluster with a secret, and creates its database if there is none. */
  readonly registerCluster: (cluster: {
    clusterArn: string;
    secretArn: string;
    database: string;
  }) => Promise<void>;
  readonly customResources: CustomResourceRecords;
  readonly log: (line: string) => void;
  /** Takes the metrics of what a resource runs by itself. */
  readonly publish: PublishMetric;
  /** Keeps what a resource runs by itself, to be ended before everything that was started before it. */
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
