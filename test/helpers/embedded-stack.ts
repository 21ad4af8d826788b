import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type * as ErrandLocal from 'errand-local';
import type { Template } from 'errand-local/template/template';
import { createMessageReceiver } from '../../bin/local-service/message-receiver.ts';
import { synthesize } from '../../bin/local-service/synthesize.ts';
import { startLocalStack } from '../emulator/localstack.ts';
import type { PythonServer } from '../python/server.ts';
import { loadNatively } from './load-natively.ts';
import { copyClusterOfService } from './migrated-cluster.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { PROJECT, synthEnvironment, type Stack } from './stack.ts';
import { target } from './target.ts';

/** What the embedded cloud alone can do. */
export interface EmbeddedOptions {
  /** Whether calls can be made to fail. */
  readonly faults?: boolean;
  /**
   * The CDK app, as a path from the project.
   *
   * @default bin/errand.ts
   */
  readonly app?: string;
  /** The account's quota of concurrent Lambda executions. */
  readonly accountConcurrency?: number;
  /** What `/metrics` says of the metrics in logs. */
  readonly metricDescriptions?: ErrandLocal.EmbeddedCloudOptions['metricDescriptions'];
  /** The bytes that are free on the disk. */
  readonly freeBytes?: () => number;
  /** Changes the template before it is deployed, also when it is deployed again. */
  readonly edit?: (template: Template) => void;
}

/** Synthesizes the stack with these settings, unless an earlier run did, and runs it in an embedded cloud of its own. */
export async function startEmbeddedStack(
  settings: Record<string, string>,
  { app, edit, metricDescriptions, ...options }: EmbeddedOptions,
): Promise<Stack> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-test-'));
  await copyClusterOfService(dataDir);
  const { startEmbeddedCloud } = await loadNatively<typeof ErrandLocal>('errand-local');
  const logs: string[] = [];
  const localStack = await startLocalStackIn(dataDir);
  let assemblies = 0;
  const assemblyOf = async (asked: Record<string, string>): Promise<string> => {
    const assemblyDir = await synthesizeFor(asked, app);
    assemblies += 1;
    return edit ? editedCopy(assemblyDir, path.join(dataDir, `cdk.out-${assemblies}`), edit) : assemblyDir;
  };
  const cloud = await startEmbeddedCloud({
    assemblyDir: () => assemblyOf(settings),
    dataDir,
    httpPort: 0,
    awsPort: 0,
    views: { receiver: createMessageReceiver() },
    ...(localStack && { servers: { sqs: localStack.url, s3: localStack.url } }),
    ...options,
    ...(metricDescriptions && { metricDescriptions }),
    log: (line) => logs.push(line),
  }).catch(async (error: unknown) => {
    await localStack?.end();
    await rm(dataDir, { recursive: true, force: true });
    throw new Error(`${String(error)}\n${logs.join('\n')}`);
  });
  return {
    apiUrl: cloud.apiUrl,
    outputs: cloud.outputs,
    awsEndpointUrl: cloud.awsEndpointUrl,
    logs,
    async redeploy(changed) {
      await cloud.deploy(await assemblyOf(changed));
    },
    async end() {
      await cloud.end();
      await localStack?.end();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** @returns undefined unless the tests run with LocalStack */
async function startLocalStackIn(dataDir: string): Promise<PythonServer | undefined> {
  if (target.kind !== 'embedded' || !target.localStack) return undefined;
  const dir = path.join(dataDir, 'localstack');
  await mkdir(dir);
  return startLocalStack(target.localStack, dir, ['sqs', 's3']);
}

async function editedCopy(from: string, to: string, edit: (template: Template) => void): Promise<string> {
  await cp(from, to, { recursive: true });
  const file = path.join(to, 'Errand.template.json');
  const template = JSON.parse(await readFile(file, 'utf8')) as Template;
  edit(template);
  await writeFile(file, JSON.stringify(template));
  return to;
}

/** All test workers share the assemblies; the first one that needs an assembly makes it. */
async function synthesizeFor(settings: Record<string, string>, app?: string): Promise<string> {
  // The port of a receiver differs in each run and each file: such an assembly is made anew, in the worker's own folder.
  const place = JSON.stringify(settings).replaceAll(
    /127\.0\.0\.1:\d+/g,
    `worker ${process.env.JEST_WORKER_ID ?? ''}`,
  );
  const key = createHash('sha256')
    .update(PROJECT + place + (app ?? ''))
    .digest('hex')
    .slice(0, 12);
  const assemblyDir = path.join(PROJECT, 'node_modules/.cache/errand', key, 'cdk.out');
  await oneAtATime(key, () =>
    synthesize({
      projectDir: PROJECT,
      assemblyDir,
      environment: synthEnvironment(settings),
      ...(app !== undefined && { app }),
      signal: new AbortController().signal,
    }),
  );
  return assemblyDir;
}
