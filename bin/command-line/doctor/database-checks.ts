import {
  DescribeOrderableDBInstanceOptionsCommand,
  paginateDescribeDBClusters,
  paginateDescribeDBEngineVersions,
  type DBCluster,
} from '@aws-sdk/client-rds';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { STACK_TAG, type AwsAccount } from './aws-account.ts';
import { error, ok, warning, type Finding } from './check.ts';

const ENGINE = 'aurora-postgresql';

/** Aurora Serverless v2's instance class. */
const INSTANCE_CLASS = 'db.serverless';

/** Checks that the region offers the engine version. DescribeDBEngineVersions returns only the versions that the region offers. */
export async function checkEngine({ rds, region }: AwsAccount, version: string): Promise<Finding> {
  const all = await versionsOffered(rds);
  const offered = all.filter((each) => isOf(version, each));
  if (offered.length > 0)
    return ok(
      `${region} offers Aurora PostgreSQL ${offered.includes(version) ? version : offered.join(', ')}`,
    );
  const [major = version] = version.split('.');
  const others = all.filter((each) => isOf(major, each));
  return error(
    `${region} does not offer Aurora PostgreSQL ${version}` +
      `${others.length > 0 ? `, only ${others.join(', ')} of version ${major}` : ` or another version ${major}`}: ` +
      'deploy in another region, or use an existing cluster with AURORA_CLUSTER_ARN',
  );
}

/** Whether `version` is the wanted version, or one of the wanted version's minor versions. */
function isOf(wanted: string, version: string): boolean {
  return version === wanted || version.startsWith(`${wanted}.`);
}

/**
 * Returns a major version's newest minor version. A minor version is returned unchanged. Returns undefined if the region does not offer the
 * version.
 */
async function newestOffered(rds: AwsAccount['rds'], version: string): Promise<string | undefined> {
  if (version.includes('.')) return version;
  const minorOf = (each: string): number => Number(each.split('.')[1]);
  const offered = (await versionsOffered(rds)).filter((each) => isOf(version, each));
  return offered.sort((a, b) => minorOf(a) - minorOf(b)).at(-1);
}

async function versionsOffered(rds: AwsAccount['rds']): Promise<string[]> {
  const versions: string[] = [];
  for await (const { DBEngineVersions = [] } of paginateDescribeDBEngineVersions(
    { client: rds },
    { Engine: ENGINE },
  ))
    versions.push(...DBEngineVersions.flatMap(({ EngineVersion }) => EngineVersion ?? []));
  return versions;
}

/**
 * Checks that Serverless v2 instances with this engine version support the Data API:
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_OrderableDBInstanceOption.html
 */
export async function checkDataApi({ rds, region }: AwsAccount, version: string): Promise<Finding> {
  const { OrderableDBInstanceOptions: options = [] } = await rds.send(
    new DescribeOrderableDBInstanceOptionsCommand({
      Engine: ENGINE,
      EngineVersion: (await newestOffered(rds, version)) ?? version,
      DBInstanceClass: INSTANCE_CLASS,
    }),
  );
  const [option] = options;
  if (option === undefined) {
    return error(
      `${region} does not offer Aurora Serverless v2 with PostgreSQL ${version}: deploy in another region`,
    );
  }
  if (option.SupportsHttpEndpoint === true) return ok(`${region} has Aurora Serverless v2 with the Data API`);
  if (option.SupportsHttpEndpoint === undefined) {
    return warning(
      `could not check: RDS does not say whether ${region} has the Data API. Look it up: ` +
        'https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.Data_API.html',
    );
  }
  return error(
    `${region} has no Data API for Aurora PostgreSQL ${version}, which Errand requires: deploy in another region`,
  );
}

/** A quota in Service Quotas: its codes and its default. */
interface Quota {
  readonly name: string;
  readonly service: string;
  readonly code: string;
  readonly default: number;
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/CHAP_Limits.html */
const CLUSTERS: Quota = { name: 'DB clusters', service: 'rds', code: 'L-952B80B8', default: 40 };

/** https://docs.aws.amazon.com/general/latest/gr/vpc-service.html */
const VPCS: Quota = { name: 'VPCs per Region', service: 'vpc', code: 'L-F678F1CE', default: 5 };

/** @param needed the number of clusters in each stack to deploy, keyed by stack name */
export async function checkClustersLeft(
  account: AwsAccount,
  needed: ReadonlyMap<string, number>,
): Promise<Finding> {
  const clusters: DBCluster[] = [];
  for await (const page of paginateDescribeDBClusters({ client: account.rds }, {}))
    clusters.push(...(page.DBClusters ?? []));
  // The list includes Neptune and DocumentDB clusters, which count toward other quotas.
  const aurora = clusters.filter(({ Engine = '' }) => Engine.startsWith('aurora'));
  const owners = aurora.map(({ TagList = [] }) => TagList.find(({ Key }) => Key === STACK_TAG)?.Value);
  return checkLeft(account, CLUSTERS, owners, needed);
}

/** @param needed the number of VPCs in each stack to deploy, keyed by stack name */
export async function checkVpcsLeft(
  account: AwsAccount,
  needed: ReadonlyMap<string, number>,
): Promise<Finding> {
  const owners = (await account.vpcs()).map(({ stack }) => stack);
  return checkLeft(account, VPCS, owners, needed);
}

/**
 * Compares the remaining quota with the number of resources that the deploy will create. The resources of deployed stacks don't count toward that
 * number.
 */
async function checkLeft(
  account: AwsAccount,
  { name, service, code, default: fallback }: Quota,
  owners: readonly (string | undefined)[],
  needed: ReadonlyMap<string, number>,
): Promise<Finding> {
  const quota = await account.quota(service, code, fallback);
  const left = Math.max(0, quota - owners.length);
  const missing = [...needed].reduce(
    (sum, [stack, count]) => sum + Math.max(0, count - owners.filter((owner) => owner === stack).length),
    0,
  );
  const state = `${owners.length} of the quota of ${quota} "${name}" are used in ${account.region}`;
  if (missing <= left) return ok(`${state}, and the app needs ${missing || 'no'} more`);
  return error(
    `${state}, and the app needs ${missing} more: delete an unused one, or ask Service Quotas for a higher "${name}" (${code}). ` +
      'With AURORA_CLUSTER_ARN, the stack creates neither a cluster nor a VPC',
  );
}

/** Checks the existing cluster that the user's app refers to. */
export async function checkGivenCluster(account: AwsAccount, clusterArn: string): Promise<Finding> {
  const cluster = await findCluster(account, clusterArn);
  if (cluster === undefined) {
    return error(
      `there is no cluster ${clusterArn} in this account and region: correct AURORA_CLUSTER_ARN, or deploy to the cluster's region`,
    );
  }
  const { Engine, EngineVersion = '', Status = '', HttpEndpointEnabled: hasDataApi } = cluster;
  if (Engine !== ENGINE)
    return error(`${clusterArn} runs ${Engine ?? '-'}, but Errand needs Aurora PostgreSQL`);
  if (hasDataApi !== true) {
    return error(
      `the Data API of ${clusterArn} is off: aws rds enable-http-endpoint --resource-arn ${clusterArn}`,
    );
  }
  if (Status !== 'available')
    return warning(`${clusterArn} is ${Status}: the deploy fails until it is available`);
  return ok(`the cluster exists, runs Aurora PostgreSQL ${EngineVersion}, and has the Data API`);
}

async function findCluster({ rds }: AwsAccount, clusterArn: string): Promise<DBCluster | undefined> {
  try {
    const pages = paginateDescribeDBClusters({ client: rds }, { DBClusterIdentifier: clusterArn });
    for await (const { DBClusters = [] } of pages) return DBClusters[0];
  } catch (failure) {
    if ((failure as Error).name !== 'DBClusterNotFoundFault') throw failure;
  }
  return undefined;
}

/** Checks that a secret contains a user name and a password. Never prints them. */
export async function checkSecret({ secrets }: AwsAccount, secretArn: string): Promise<Finding> {
  let value: string | undefined;
  try {
    value = (await secrets.send(new GetSecretValueCommand({ SecretId: secretArn }))).SecretString;
  } catch (failure) {
    if ((failure as Error).name !== 'ResourceNotFoundException') throw failure;
    return error(`there is no secret ${secretArn}: correct AURORA_SECRET_ARN`);
  }
  const missing = ['username', 'password'].filter((field) => !hasText(value, field));
  if (missing.length === 0) return ok('the secret is readable and has a username and a password');
  return error(
    `the secret ${secretArn} has no ${missing.join(' and no ')}: store the database owner's {"username": "…", "password": "…"} in it`,
  );
}

function hasText(json = '', field: string): boolean {
  try {
    const value = (JSON.parse(json) as Record<string, unknown>)[field];
    return typeof value === 'string' && value !== '';
  } catch {
    return false;
  }
}
