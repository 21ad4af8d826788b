import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import {
  checkBootstrap,
  checkConcurrency,
  checkPlan,
  checkStack,
  isUpdate,
  readStackStatus,
} from './account-checks.ts';
import { addReservations, readAppNeeds, type StackNeeds } from './app-needs.ts';
import { openAccount, type AccountOptions, type AwsAccount } from './aws-account.ts';
import { error, messageOf, ok, runCheck, warning, type CheckResult, type Finding } from './check.ts';
import {
  checkClustersLeft,
  checkDataApi,
  checkEngine,
  checkGivenCluster,
  checkSecret,
  checkVpcsLeft,
} from './database-checks.ts';

export interface ExamineOptions extends AccountOptions {
  /** The folder that contains `cdk.json`. */
  readonly project: string;
  /** The command that runs the CDK app; undefined if the project has none. */
  readonly app: string | undefined;
  /** The Node.js version, such as `24.21.0`. */
  readonly nodeVersion: string;
}

/** Runs all checks, in the order in which a deploy would hit the problems. */
export async function examine(options: ExamineOptions): Promise<CheckResult[]> {
  const node = { name: 'node', ...checkNode(options.nodeVersion) };
  let account: AwsAccount;
  try {
    account = await openAccount(options);
  } catch (failure) {
    const advice = 'pass --region, or set AWS_REGION or the region of the profile';
    return [node, { name: 'credentials', ...error(`${messageOf(failure)}: ${advice}`) }];
  }
  try {
    const identity = await readIdentity(account);
    if (identity.id === undefined) return [node, identity.result];
    return [node, identity.result, ...(await examineApp(options, account, identity.id))];
  } finally {
    account.destroy();
  }
}

/**
 * `errand dev` and `errand init` need at least Lambda's Node.js version, 24. A deploy also works with Node.js 20 to 23, so those
 * versions cause only a warning.
 */
function checkNode(version: string): Finding {
  const major = Number(version.split('.')[0]);
  if (major >= 24) return ok(`Node.js ${version}`);
  const advice = 'install Node.js 24 or later';
  if (major < 20) return error(`Node.js ${version} is too old for Errand: ${advice}`);
  return warning(`Node.js ${version} deploys, but errand dev and errand init need 24: ${advice}`);
}

async function readIdentity({ sts, region }: AwsAccount): Promise<{ id?: string; result: CheckResult }> {
  const name = 'credentials';
  try {
    const { Account: id = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
    return { id, result: { name, ...ok(`account ${id}, region ${region}, as ${Arn}`) } };
  } catch (failure) {
    const advice = 'log in with aws sso login or aws configure, or pass --profile';
    return { result: { name, ...error(`${messageOf(failure)}: ${advice}`) } };
  }
}

async function examineApp(
  { app, project, environment }: ExamineOptions,
  account: AwsAccount,
  accountId: string,
): Promise<CheckResult[]> {
  const name = 'app';
  if (app === undefined) {
    return [
      {
        name,
        ...error(`there is no "app" in a cdk.json in ${project}: run errand doctor there, or pass --app`),
      },
    ];
  }
  let all: StackNeeds[];
  try {
    all = await readAppNeeds({
      command: app,
      project,
      environment,
      target: { account: accountId, region: account.region },
    });
  } catch (failure) {
    return [{ name, ...error(messageOf(failure)) }];
  }
  const stacks = all.filter((stack) => isHere(stack, accountId, account.region));
  const errands = stacks.filter(({ hasErrand }) => hasErrand);
  if (errands.length === 0) {
    const elsewhere = all.filter(({ hasErrand }) => hasErrand);
    const places = elsewhere.map(
      (stack) => `${stack.name} in ${stack.account ?? accountId}/${stack.region ?? account.region}`,
    );
    const message =
      places.length === 0
        ? 'the app has no Errand'
        : `the app's Errand is for another account or region (${places.join(', ')}): pass the --profile and --region of that account`;
    return [{ name, ...error(message) }];
  }
  const names = errands.map((stack) => stack.name).join(', ');
  return [
    { name, ...ok(`an Errand in the ${errands.length === 1 ? 'stack' : 'stacks'} ${names}`) },
    ...(await examineStacks(account, accountId, stacks)),
  ];
}

const isHere = (stack: StackNeeds, accountId: string, region: string): boolean =>
  (stack.account ?? accountId) === accountId && (stack.region ?? region) === region;

async function examineStacks(
  account: AwsAccount,
  accountId: string,
  stacks: readonly StackNeeds[],
): Promise<CheckResult[]> {
  const errands = stacks.filter(({ hasErrand }) => hasErrand);
  // Only clusters in stacks with an Errand must meet Errand's requirements.
  const versions = [...new Set(errands.flatMap(({ clusterVersions }) => clusterVersions))].filter(Boolean);
  const countBy = (count: (stack: StackNeeds) => number): Map<string, number> =>
    new Map(stacks.map((stack) => [stack.name, count(stack)]));
  const bootstrap = errands.flatMap((stack) => stack.bootstrap ?? [])[0];
  const given = errands.flatMap(({ givenClusters }) => givenClusters);

  const statuses = new Map<string, string | undefined>();
  const results: CheckResult[] = [];
  for (const { name } of errands) {
    results.push(
      await runCheck('stack', 'cloudformation:DescribeStacks', async () => {
        const status = await readStackStatus(account, name);
        statuses.set(name, status);
        return checkStack(name, status);
      }),
    );
  }
  const checks: Promise<CheckResult>[] = [
    runCheck('plan', 'freetier:GetAccountPlanState', () =>
      checkPlan(
        account,
        stacks.some(({ clusterVersions }) => clusterVersions.length > 0),
      ),
    ),
    // New and deployed stacks are checked separately, because a deployed stack's reservations are already subtracted from the unreserved
    // executions.
    ...[true, false].flatMap((update) => {
      const some = errands.filter(({ name }) => isUpdate(statuses.get(name)) === update);
      if (some.length === 0) return [];
      const reservations = addReservations(some.map((each) => each.reservations));
      const isKnown = some.every(({ name }) => statuses.has(name));
      return [
        runCheck('concurrency', 'lambda:GetAccountSettings', async () => {
          const finding = await checkConcurrency(account, reservations, update);
          if (isKnown || finding.status !== 'error') return finding;
          return warning(`if the stack is not deployed yet: ${finding.message}`);
        }),
      ];
    }),
    ...versions.flatMap((version) => [
      runCheck('engine', 'rds:DescribeDBEngineVersions', () => checkEngine(account, version)),
      runCheck('data api', 'rds:DescribeOrderableDBInstanceOptions', () => checkDataApi(account, version)),
    ]),
    runCheck('clusters', 'rds:DescribeDBClusters', () =>
      checkClustersLeft(
        account,
        countBy(({ clusterVersions }) => clusterVersions.length),
      ),
    ),
    runCheck('vpcs', 'ec2:DescribeVpcs', () =>
      checkVpcsLeft(
        account,
        countBy(({ vpcs }) => vpcs),
      ),
    ),
    ...(bootstrap
      ? [runCheck('bootstrap', 'ssm:GetParameter', () => checkBootstrap(account, accountId, bootstrap))]
      : []),
    ...given.flatMap(({ clusterArn, secretArn }) => [
      runCheck('cluster', 'rds:DescribeDBClusters', () => checkGivenCluster(account, clusterArn)),
      runCheck('secret', 'secretsmanager:GetSecretValue', () => checkSecret(account, secretArn)),
    ]),
  ];
  return [...results, ...(await Promise.all(checks))];
}
