import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetAccountSettingsCommand } from '@aws-sdk/client-lambda';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { reservationProblem } from '../../../lambdas/preflight/reservation.ts';
import type { AwsAccount } from './aws-account.ts';
import type { StackNeeds } from './app-needs.ts';
import { error, ok, warning, type Finding } from './check.ts';

/** A stack's state in CloudFormation; undefined if the stack does not exist. */
export type StackStatus = string | undefined;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html */
export async function readStackStatus({ cloudFormation }: AwsAccount, name: string): Promise<StackStatus> {
  try {
    const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: name }));
    return Stacks[0]?.StackStatus;
  } catch (failure) {
    // DescribeStacks reports a missing stack as a general ValidationError.
    if (
      (failure as Error).name === 'ValidationError' &&
      (failure as Error).message.includes('does not exist')
    )
      return undefined;
    throw failure;
  }
}

/** Whether the next deploy updates an existing stack. */
export const isUpdate = (status: StackStatus): boolean =>
  status !== undefined && !/^(REVIEW_IN_PROGRESS|ROLLBACK_|CREATE_FAILED|DELETE_)/.test(status);

export function checkStack(name: string, status: StackStatus): Finding {
  if (status === undefined || status === 'REVIEW_IN_PROGRESS')
    return ok(`${name} is not deployed yet: deploy it with npx cdk deploy --no-rollback`);
  if (status.endsWith('_IN_PROGRESS'))
    return error(`${name} is ${status}: wait until CloudFormation has finished`);
  if (/^(ROLLBACK|DELETE)_/.test(status)) {
    return error(
      `${name} is ${status}: first remove what is left of it (docs/operations.md, "After a first deploy that was rolled back")`,
    );
  }
  if (status === 'CREATE_FAILED')
    return warning(`${name} is CREATE_FAILED: npx cdk deploy --no-rollback continues where it stopped`);
  if (status === 'UPDATE_ROLLBACK_FAILED') {
    return error(
      `${name} is UPDATE_ROLLBACK_FAILED: fix the cause, then aws cloudformation continue-update-rollback --stack-name ${name}`,
    );
  }
  return ok(`${name} is ${status}: the next deploy updates it`);
}

/**
 * Checks the account's plan. On the Free plan, Aurora clusters need the express configuration, but AWS::RDS::DBCluster does not support it:
 * https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2506
 */
export async function checkPlan(account: AwsAccount, createsCluster: boolean): Promise<Finding> {
  let plan;
  try {
    plan = await account.accountPlan();
  } catch (failure) {
    if ((failure as Error).name !== 'ResourceNotFoundException') throw failure;
    return warning(
      "AWS does not report this account's plan. If it is on the Free plan, CloudFormation cannot create the cluster",
    );
  }
  if (plan.accountPlanType !== 'FREE') return ok(`the account is on the ${plan.accountPlanType ?? '-'} plan`);
  if (!createsCluster) return ok('the account is on the Free plan, and the app creates no Aurora cluster');
  return error(
    'the account is on the Free plan, on which CloudFormation cannot create Aurora clusters: upgrade the account to the paid plan, ' +
      'or create a cluster with express configuration and set AURORA_CLUSTER_ARN (docs/how-to/first-deploy.md)',
  );
}

/** Checks the stacks' reserved concurrency by the rules of the preflight check that each stack runs during a deploy. */
export async function checkConcurrency(
  { lambda, region }: AwsAccount,
  reservations: StackNeeds['reservations'],
  update: boolean,
): Promise<Finding> {
  const { AccountLimit: limit = {} } = await lambda.send(new GetAccountSettingsCommand({}));
  const { ConcurrentExecutions: total = 0, UnreservedConcurrentExecutions: unreserved = 0 } = limit;
  const quota = `Lambda's quota in ${region} is ${total} concurrent executions`;
  if (reservations === undefined) return ok(`${quota}; the queues reserve none`);
  const problem = reservationProblem(reservations, { total, unreserved }, update);
  if (problem !== undefined) return error(problem);
  const reserved = Object.values(reservations).reduce((sum, each) => sum + each, 0);
  return ok(`${quota}, ${unreserved} are unreserved, and the queues reserve ${reserved}`);
}

/** https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-troubleshoot.html */
export async function checkBootstrap(
  { ssm, region }: AwsAccount,
  accountId: string,
  { parameter, version: needed }: NonNullable<StackNeeds['bootstrap']>,
): Promise<Finding> {
  const command = `npx cdk bootstrap aws://${accountId}/${region}`;
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: parameter }));
    const version = Number(Parameter?.Value);
    if (version >= needed)
      return ok(`the CDK's bootstrap stack has version ${version} (the app needs ${needed} or later)`);
    return error(
      `the CDK's bootstrap stack has version ${Parameter?.Value ?? '-'}, but the app needs ${needed}: run ${command}`,
    );
  } catch (failure) {
    if ((failure as Error).name !== 'ParameterNotFound') throw failure;
    return error(`the CDK is not bootstrapped in ${region}: run ${command}`);
  }
}
