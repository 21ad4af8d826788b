import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runApp } from '../../local-service/app/run-app.ts';

/** One stack's requirements for the AWS account, read from the stack's synthesized template. */
export interface StackNeeds {
  readonly name: string;
  /** The stack's account; undefined if the stack uses the account of the user's credentials. */
  readonly account: string | undefined;
  readonly region: string | undefined;
  readonly hasErrand: boolean;
  /** The reserved concurrency, keyed by queue; undefined with `RESERVE_CONCURRENCY=false`. */
  readonly reservations: Readonly<Record<string, number>> | undefined;
  /** The engine versions of the Aurora PostgreSQL clusters that the stack creates. */
  readonly clusterVersions: readonly string[];
  readonly vpcs: number;
  /** Existing clusters, each with the secret that contains its credentials. */
  readonly givenClusters: readonly { readonly clusterArn: string; readonly secretArn: string }[];
  /** The SSM parameter that contains the bootstrap stack's version, and the minimum version for the app. */
  readonly bootstrap: { readonly parameter: string; readonly version: number } | undefined;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly properties?: {
    readonly templateFile?: string;
    readonly stackName?: string;
    readonly directoryName?: string;
    readonly requiresBootstrapStackVersion?: number;
    readonly bootstrapStackVersionSsmParameter?: string;
  };
}

export interface AppOptions {
  /** The command that runs the CDK app. */
  readonly command: string;
  /** The folder that contains `cdk.json`. */
  readonly project: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly target: { readonly account: string; readonly region: string };
}

/**
 * Synthesizes the user's CDK app, and reads its stacks' requirements from the templates.
 *
 * @throws Error with the app's own error output
 */
export async function readAppNeeds(options: AppOptions): Promise<StackNeeds[]> {
  const assemblyDir = await mkdtemp(path.join(os.tmpdir(), 'errand-doctor-'));
  try {
    await runApp({ ...options, assemblyDir, signal: new AbortController().signal });
    return await readAssembly(assemblyDir);
  } finally {
    await rm(assemblyDir, { recursive: true, force: true });
  }
}

/** Reads a cloud assembly's stacks, including those in its stages. */
export async function readAssembly(dir: string): Promise<StackNeeds[]> {
  const { artifacts = {} } = await readJson<{ artifacts?: Record<string, Artifact> }>(dir, 'manifest.json');
  const stacks: StackNeeds[] = [];
  for (const [id, artifact] of Object.entries(artifacts)) {
    const { directoryName, templateFile } = artifact.properties ?? {};
    if (artifact.type === 'cdk:cloud-assembly' && directoryName !== undefined)
      stacks.push(...(await readAssembly(path.join(dir, directoryName))));
    if (artifact.type === 'aws:cloudformation:stack' && templateFile !== undefined) {
      const template = await readJson<{ Resources?: Record<string, Resource> }>(dir, templateFile);
      stacks.push(needsOf(id, artifact, Object.values(template.Resources ?? {})));
    }
  }
  return stacks;
}

function needsOf(
  id: string,
  { environment = '', properties = {} }: Artifact,
  resources: readonly Resource[],
): StackNeeds {
  const ofType = (type: string) =>
    resources.filter(({ Type }) => Type === type).map(({ Properties = {} }) => Properties);
  const [, account, region] = /^aws:\/\/([^/]+)\/(.+)$/.exec(environment) ?? [];
  const { requiresBootstrapStackVersion: version, bootstrapStackVersionSsmParameter: parameter } = properties;
  const migrations = ofType('Custom::Migration');
  const checks = ofType('Custom::Preflight').map(
    ({ reservations }) => reservations as Record<string, number>,
  );
  return {
    name: properties.stackName ?? id,
    account: account === 'unknown-account' ? undefined : account,
    region: region === 'unknown-region' ? undefined : region,
    hasErrand: migrations.length > 0,
    reservations: addReservations(checks),
    clusterVersions: ofType('AWS::RDS::DBCluster')
      .filter(({ Engine }) => Engine === 'aurora-postgresql')
      .map(({ EngineVersion }) => (typeof EngineVersion === 'string' ? EngineVersion : '')),
    vpcs: ofType('AWS::EC2::VPC').length,
    // An existing cluster's ARN is a string. If the app creates the cluster, the template contains a reference instead of an ARN.
    givenClusters: migrations.flatMap(({ cluster, secret }) =>
      typeof cluster === 'string' && typeof secret === 'string'
        ? [{ clusterArn: cluster, secretArn: secret }]
        : [],
    ),
    bootstrap: version === undefined || parameter === undefined ? undefined : { parameter, version },
  };
}

/** Adds up several stacks' reserved concurrency, by queue. Returns undefined if no stack reserves concurrency. */
export function addReservations(
  all: readonly StackNeeds['reservations'][],
): Readonly<Record<string, number>> | undefined {
  const entries = all.flatMap((each) => Object.entries(each ?? {}));
  if (entries.length === 0) return undefined;
  const sum: Record<string, number> = {};
  for (const [queue, concurrency] of entries) sum[queue] = (sum[queue] ?? 0) + concurrency;
  return sum;
}

async function readJson<Content>(dir: string, file: string): Promise<Content> {
  return JSON.parse(await readFile(path.join(dir, file), 'utf8')) as Content;
}
