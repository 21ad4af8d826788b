import { CustomResource, Duration, Validations } from 'aws-cdk-lib/core';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { ErrandFunction } from './errand-function.ts';
import { executionsOf, type ResolvedQueue } from './queue-options.ts';
import type { ResolvedSettings } from './settings/table.ts';

export interface PreflightProps {
  readonly settings: ResolvedSettings;
  readonly queues: readonly ResolvedQueue[];
}

/** The timeout leaves time for a new role's permissions to take effect. */
const TIMEOUT = Duration.seconds(60);

/** Checks that the account can reserve the workers' concurrency. All slow resources depend on this construct. */
export class Preflight extends Construct {
  constructor(scope: Construct, id: string, { settings, queues }: PreflightProps) {
    super(scope, id);
    const check = new ErrandFunction(this, 'Function', {
      source: 'preflight',
      description:
        "Checks, when the stack is deployed, that the account's quota allows the reserved concurrency.",
      timeout: TIMEOUT,
      memorySize: 256,
      settings,
      environment: {},
      // Don't retry a failed invocation, because CloudFormation expects exactly one response.
      retryAttempts: 0,
    });
    // GetAccountSettings has no resource type: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
    Grant.addToPrincipal({ grantee: check, actions: ['lambda:GetAccountSettings'], resourceArns: ['*'] });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'lambda:GetAccountSettings can only be granted on *.',
    });
    new CustomResource(this, 'Check', {
      resourceType: 'Custom::Preflight',
      serviceToken: check.functionArn,
      // CloudFormation waits for the function's timeout plus its startup time, instead of its default of an hour.
      serviceTimeout: TIMEOUT.plus(Duration.minutes(1)),
      properties: {
        reservations: Object.fromEntries(queues.map((queue) => [queue.name, executionsOf(queue)])),
      },
    });
  }
}
