import { CustomResource, Duration, Validations } from 'aws-cdk-lib/core';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { Version } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ErrandFunction } from './errand-function.ts';
import type { ResolvedSettings } from './settings/table.ts';

export interface KeptVersionsProps {
  readonly settings: ResolvedSettings;
  /** The current version of each worker that has pinned jobs. */
  readonly versions: readonly Version[];
}

const TIMEOUT = Duration.seconds(120);

/** Deletes a worker's oldest versions whenever a deployment creates a new one. Keeps the latest `keepVersions` earlier versions. */
export class KeptVersions extends Construct {
  constructor(scope: Construct, id: string, { settings, versions }: KeptVersionsProps) {
    super(scope, id);
    const prune = new ErrandFunction(this, 'Function', {
      source: 'kept-versions',
      description: "Deletes the workers' oldest versions when the stack is deployed.",
      timeout: TIMEOUT,
      memorySize: 256,
      settings,
      environment: {},
      // Don't retry a failed invocation, because CloudFormation expects exactly one response.
      retryAttempts: 0,
    });
    for (const version of versions) {
      const { functionArn } = version.lambda;
      Grant.addToPrincipal({
        grantee: prune,
        actions: ['lambda:ListVersionsByFunction'],
        resourceArns: [functionArn],
      });
      Grant.addToPrincipal({
        grantee: prune,
        actions: ['lambda:DeleteFunction'],
        // This ARN matches only versions: an ARN without a version refers to the function itself
        // (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html).
        resourceArns: [`${functionArn}:*`],
      });
      new CustomResource(this, version.node.path.replaceAll('/', '-'), {
        resourceType: 'Custom::KeptVersions',
        serviceToken: prune.functionArn,
        serviceTimeout: TIMEOUT.plus(Duration.minutes(1)),
        properties: {
          functionName: version.lambda.functionName,
          version: version.version,
          keep: settings.keepVersions,
        },
      });
    }
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-IAM5',
      reason: 'The version numbers to delete are known only once the versions exist.',
    });
  }
}
