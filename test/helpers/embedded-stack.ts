import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type * as ErrandLocal from 'errand-local';
import type { Template } from 'errand-local/template/template';
import { createMessageReceiver } from '../../bin/local-service/message-receiver.ts';
import { startLocalStack } from '../emulator/localstack.ts';
import type { PythonServer } from '../python/server.ts';
import { assembliesIn } from './assemblies.ts';
import { copyClusterOfService } from './migrated-cluster.ts';
import type { Owner } from './rows-of-version.ts';
import type { Stack } from './stack.ts';
import { target } from './target.ts';

/** Options that only the embedded cloud supports. */
export interface EmbeddedOptions {
  /** Whether tests can make AWS calls fail. */
  readonly faults?: boolean;
  /**
   * The path of the CDK app, relative to the project's root.
   *
   * @default bin/errand.ts
   */
  readonly app?: string;
  /** The account's quota of concurrent Lambda executions. */
  readonly accountConcurrency?: number;
  /** Descriptions that `/metrics` shows for the metrics in the logs. */
  readonly metricDescriptions?: ErrandLocal.EmbeddedCloudOptions['metricDescriptions'];
  /** Returns the free disk space in bytes. */
  readonly freeBytes?: () => number;
  /** The tenant that owns the database's rows of earlier versions, or `none` for no such rows. @default a tenant that no test uses */
  readonly earlierRows?: Owner | 'none';
  /** Modifies the template before each deployment. */
  readonly edit?: (template: Template) => void;
}

/**
 * Runs the stack with these settings in a new embedded cloud. Synthesizes the stack first, unless an earlier run already has.
 */
export async function startEmbeddedStack(
  settings: Record<string, string>,
  { app, edit, metricDescriptions, earlierRows, ...options }: EmbeddedOptions,
): Promise<Stack> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-test-'));
  await copyClusterOfService(dataDir, earlierRows);
  const { startEmbeddedCloud } = await import('errand-local');
  const logs: string[] = [];
  const localStack = await startLocalStackIn(dataDir);
  const assemblyOf = assembliesIn(dataDir, { app, edit });
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

/**
 * Starts LocalStack.
 *
 * @returns undefined unless the tests run with LocalStack
 */
async function startLocalStackIn(dataDir: string): Promise<PythonServer | undefined> {
  if (target.kind !== 'embedded' || !target.localStack) return undefined;
  const dir = path.join(dataDir, 'localstack');
  await mkdir(dir);
  return startLocalStack(target.localStack, dir, ['sqs', 's3']);
}
