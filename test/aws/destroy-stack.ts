import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
  paginateListStackResources,
  UpdateTerminationProtectionCommand,
  waitUntilStackDeleteComplete,
  type Stack,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import {
  CloudWatchLogsClient,
  DeleteLogGroupCommand,
  paginateDescribeLogGroups,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  DeleteDBClusterSnapshotCommand,
  paginateDescribeDBClusters,
  paginateDescribeDBClusterSnapshots,
  RDSClient,
} from '@aws-sdk/client-rds';
import {
  DeleteObjectsCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { setTimeout as wait } from 'node:timers/promises';

/** A resource that still exists after its stack was deleted. */
export interface Leftover {
  readonly what: string;
  /** The command that deletes the resource. */
  readonly command: string;
}

/** How long CloudFormation may take to delete a stack, in seconds. An Aurora cluster takes about ten minutes. */
const DELETION_SECONDS = 3_600;

/** How long a new stack may take to become visible, in seconds. */
const APPEARS_SECONDS = 10;

/**
 * The maximum number of checks for log groups, and the pause between checks, in milliseconds. A function that is still running may recreate its log
 * group.
 */
const LOG_CHECKS = 60;
const LOG_PAUSE_MS = 1_000;

/** The number of consecutive checks that must find no log groups. */
const QUIET_CHECKS = 2;

interface Clients {
  readonly cloudFormation: CloudFormationClient;
  readonly logs: CloudWatchLogsClient;
  readonly rds: RDSClient;
  readonly s3: S3Client;
}

export interface DestroyOptions {
  /**
   * Whether the deploy was interrupted. If so, CloudFormation may have received the deploy request, so a stack that is missing now may still appear.
   *
   * @default false
   */
  readonly mayAppear?: boolean;
  /**
   * Whether to wait for the stack's current operation to end. On AWS, the wait is unnecessary, because CloudFormation stops the operation when the
   * deletion begins. MiniStack would continue the operation, and create resources in the deleted stack.
   *
   * @default false
   */
  readonly afterOperation?: boolean;
}

/**
 * Deletes a stack in any state. It also deletes everything that CloudFormation would leave behind: objects in buckets, snapshots, and log groups that
 * functions have recreated.
 *
 * @param configuration the SDK clients' configuration
 * @returns the resources that could not be deleted, with the commands that delete them
 */
export async function destroyStack(
  configuration: object,
  name: string,
  { mayAppear = false, afterOperation = false }: DestroyOptions = {},
): Promise<Leftover[]> {
  const clients: Clients = {
    cloudFormation: new CloudFormationClient(configuration),
    logs: new CloudWatchLogsClient(configuration),
    rds: new RDSClient(configuration),
    s3: new S3Client({
      ...configuration,
      forcePathStyle: 'endpoint' in configuration || 'AWS_ENDPOINT_URL' in process.env,
    }),
  };
  try {
    const stack = await findStack(clients, name, mayAppear ? APPEARS_SECONDS : 0);
    if (stack === undefined) return [];
    if (afterOperation) await untilOperationEnds(clients, name);
    const before = await resourcesOf(clients, name);
    await emptyBuckets(clients, before);
    await deleteStack(clients, stack, name);
    // The stopped operation may have created more resources in the meantime. A deleted stack's resources can be listed only by stack id.
    const after = await resourcesOf(clients, stack.StackId ?? name);
    const resources = [...before, ...after];
    const groups = await deleteLogGroups(clients, resources);
    await deleteSnapshots(clients, resources);
    return [...(await leftovers(clients, name, resources)), ...groups.map(leftoverGroup)];
  } finally {
    for (const client of Object.values(clients) as { destroy(): void }[]) client.destroy();
  }
}

/** Returns the commands for deleting a stack manually. */
export function commandsToDelete(name: string): string[] {
  return [
    `aws cloudformation delete-stack --stack-name ${name}`,
    `aws cloudformation wait stack-delete-complete --stack-name ${name}`,
    `aws resourcegroupstaggingapi get-resources --tag-filters Key=aws:cloudformation:stack-name,Values=${name}   # what is left`,
  ];
}

async function findStack(
  { cloudFormation }: Clients,
  name: string,
  seconds: number,
): Promise<Stack | undefined> {
  const giveUpAt = performance.now() + seconds * 1_000;
  for (;;) {
    try {
      const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: name }));
      if (Stacks[0]) return Stacks[0];
    } catch (error) {
      if (!(error as Error).message.includes('does not exist')) throw error;
    }
    if (performance.now() >= giveUpAt) return undefined;
    await wait(1_000);
  }
}

async function untilOperationEnds(clients: Clients, name: string): Promise<void> {
  for (;;) {
    const { StackStatus: status = '' } = (await findStack(clients, name, 0)) ?? {};
    if (!/^(CREATE|UPDATE|ROLLBACK).*_IN_PROGRESS$/.test(status)) return;
    await wait(1_000);
  }
}

async function resourcesOf(
  { cloudFormation: client }: Clients,
  StackName: string,
): Promise<StackResourceSummary[]> {
  const resources: StackResourceSummary[] = [];
  for await (const page of paginateListStackResources({ client }, { StackName }))
    resources.push(...(page.StackResourceSummaries ?? []));
  return resources;
}

/** Returns the physical ids of all resources of one type. */
function idsOf(resources: readonly StackResourceSummary[], type: string): string[] {
  const ids = resources
    .filter(({ ResourceType }) => ResourceType === type)
    .flatMap(({ PhysicalResourceId }) => PhysicalResourceId ?? []);
  return [...new Set(ids)];
}

/** Deletes all object versions, because CloudFormation deletes only empty buckets. */
async function emptyBuckets({ s3 }: Clients, resources: readonly StackResourceSummary[]): Promise<void> {
  for (const Bucket of idsOf(resources, 'AWS::S3::Bucket')) {
    try {
      // Deleted objects drop out of the listing, so every iteration reads the first page again.
      for (;;) {
        const page = await s3.send(new ListObjectVersionsCommand({ Bucket }));
        const objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
        if (objects.length === 0) break;
        const Objects = objects.map(({ Key, VersionId }) => ({ Key, VersionId }));
        await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
      }
    } catch (error) {
      if ((error as Error).name !== 'NoSuchBucket') throw error;
    }
  }
}

/**
 * Deletes the stack itself. If the deletion fails, retries it once, without skipping any resource. The retry often succeeds, because the buckets
 * are emptied again first.
 */
async function deleteStack(clients: Clients, stack: Stack, name: string): Promise<void> {
  const { cloudFormation: client } = clients;
  if (stack.EnableTerminationProtection) {
    await client.send(
      new UpdateTerminationProtectionCommand({ StackName: name, EnableTerminationProtection: false }),
    );
  }
  for (const isLast of [false, true]) {
    await client.send(new DeleteStackCommand({ StackName: name }));
    try {
      await waitUntilStackDeleteComplete(
        { client, maxWaitTime: DELETION_SECONDS, minDelay: 1, maxDelay: 10 },
        { StackName: stack.StackId ?? name },
      );
      return;
    } catch (error) {
      if (isLast) {
        // The caller reports that the stack was left behind.
        console.error(`The stack ${name} could not be deleted: ${String(error).slice(0, 500)}`);
        return;
      }
      await emptyBuckets(clients, await resourcesOf(clients, stack.StackId ?? name));
    }
  }
}

/**
 * Deletes log groups until no function recreates them. A function that was running during the stack's deletion recreates its log group when the
 * function ends.
 *
 * @returns the log groups that the last check found
 */
async function deleteLogGroups(
  { logs: client }: Clients,
  resources: readonly StackResourceSummary[],
): Promise<string[]> {
  let groups: string[] = [];
  let quiet = 0;
  for (let check = 0; check < LOG_CHECKS && quiet < QUIET_CHECKS; check += 1) {
    if (check > 0) await wait(LOG_PAUSE_MS);
    groups = await logGroupsLeft(client, resources);
    quiet = groups.length === 0 ? quiet + 1 : 0;
    for (const logGroupName of groups) await client.send(new DeleteLogGroupCommand({ logGroupName }));
  }
  return groups;
}

function leftoverGroup(name: string): Leftover {
  return {
    what: `the log group ${name}`,
    command: `aws logs delete-log-group --log-group-name ${name}`,
  };
}

async function logGroupsLeft(
  client: CloudWatchLogsClient,
  resources: readonly StackResourceSummary[],
): Promise<string[]> {
  const names = new Set([
    ...idsOf(resources, 'AWS::Logs::LogGroup'),
    ...idsOf(resources, 'AWS::Lambda::Function').map((name) => `/aws/lambda/${name}`),
    ...idsOf(resources, 'AWS::RDS::DBCluster').map((name) => `/aws/rds/cluster/${name}/postgresql`),
  ]);
  const found: string[] = [];
  for (const name of names) {
    for await (const page of paginateDescribeLogGroups({ client }, { logGroupNamePrefix: name }))
      found.push(...(page.logGroups ?? []).flatMap(({ logGroupName }) => logGroupName ?? []));
  }
  return found.filter((name) => names.has(name));
}

async function deleteSnapshots({ rds }: Clients, resources: readonly StackResourceSummary[]): Promise<void> {
  for (const id of await snapshotsLeft(rds, resources))
    await rds.send(new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: id }));
}

/**
 * Returns the manual snapshots, including the final snapshot that CloudFormation takes. RDS deletes automated snapshots together with their cluster.
 */
async function snapshotsLeft(
  client: RDSClient,
  resources: readonly StackResourceSummary[],
): Promise<string[]> {
  const found: string[] = [];
  for (const DBClusterIdentifier of idsOf(resources, 'AWS::RDS::DBCluster')) {
    const query = { DBClusterIdentifier, SnapshotType: 'manual' };
    for await (const page of paginateDescribeDBClusterSnapshots({ client }, query))
      found.push(
        ...(page.DBClusterSnapshots ?? []).flatMap(({ DBClusterSnapshotIdentifier: id }) => id ?? []),
      );
  }
  return found;
}

async function leftovers(
  clients: Clients,
  name: string,
  resources: readonly StackResourceSummary[],
): Promise<Leftover[]> {
  const left: Leftover[] = [];
  const stack = await findStack(clients, name, 0);
  if (stack) {
    left.push({
      what: `the stack ${name}, in the state ${stack.StackStatus ?? 'unknown'}`,
      command: `aws cloudformation delete-stack --stack-name ${name}`,
    });
  }
  for (const bucket of idsOf(resources, 'AWS::S3::Bucket')) {
    const isThere = await clients.s3.send(new HeadBucketCommand({ Bucket: bucket })).then(
      () => true,
      () => false,
    );
    if (isThere) left.push({ what: `the bucket ${bucket}`, command: `aws s3 rb --force s3://${bucket}` });
  }
  for (const id of await clustersLeft(clients.rds, resources)) {
    left.push({
      what: `the cluster ${id}`,
      command: `aws rds delete-db-cluster --db-cluster-identifier ${id} --skip-final-snapshot`,
    });
  }
  for (const id of await snapshotsLeft(clients.rds, resources)) {
    left.push({
      what: `the snapshot ${id}`,
      command: `aws rds delete-db-cluster-snapshot --db-cluster-snapshot-identifier ${id}`,
    });
  }
  return left;
}

async function clustersLeft(
  client: RDSClient,
  resources: readonly StackResourceSummary[],
): Promise<string[]> {
  const ids = new Set(idsOf(resources, 'AWS::RDS::DBCluster'));
  const found: string[] = [];
  if (ids.size === 0) return found;
  for await (const page of paginateDescribeDBClusters({ client }, {}))
    found.push(
      ...(page.DBClusters ?? []).flatMap(({ DBClusterIdentifier: id = '' }) => (ids.has(id) ? [id] : [])),
    );
  return found;
}
