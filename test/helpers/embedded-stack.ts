import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startEmbeddedCloud } from '../../local/embedded-cloud.ts';
import { synthesize } from '../../local/synthesize.ts';
import { PROJECT, synthEnvironment, type Stack } from './stack.ts';

/** What the embedded cloud alone can do. */
export interface EmbeddedOptions {
  /** Whether calls can be made to fail. */
  readonly faults?: boolean;
}

/** Synthesizes the stack with these settings, unless an earlier run did, and runs it in an embedded cloud of its own. */
export async function startEmbeddedStack(
  settings: Record<string, string>,
  options: EmbeddedOptions,
): Promise<Stack> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-test-'));
  const logs: string[] = [];
  const cloud = await startEmbeddedCloud({
    assemblyDir: () => synthesizeFor(settings),
    dataDir,
    httpPort: 0,
    awsPort: 0,
    ...options,
    log: (line) => logs.push(line),
  }).catch(async (error: unknown) => {
    await rm(dataDir, { recursive: true, force: true });
    throw new Error(`${String(error)}\n${logs.join('\n')}`);
  });
  return {
    apiUrl: cloud.apiUrl,
    outputs: cloud.outputs,
    awsEndpointUrl: cloud.awsEndpointUrl,
    logs,
    async end() {
      await cloud.end();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Each test worker keeps its own assemblies, so that two never write the same one. */
async function synthesizeFor(settings: Record<string, string>): Promise<string> {
  // A receiver's port is another one in each run: the assembly is made anew then, but takes the place of the last.
  const place = JSON.stringify(settings).replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1');
  const key = createHash('sha256')
    .update(PROJECT + place)
    .digest('hex')
    .slice(0, 12);
  const folder = path.join(
    PROJECT,
    'node_modules/.cache/errand',
    `${key}-${process.env.JEST_WORKER_ID ?? '0'}`,
  );
  const assemblyDir = path.join(folder, 'cdk.out');
  await synthesize({
    projectDir: PROJECT,
    assemblyDir,
    environment: synthEnvironment(settings),
    signal: new AbortController().signal,
  });
  return assemblyDir;
}
