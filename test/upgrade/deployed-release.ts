import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startEmbeddedCloud, type EmbeddedCloud } from 'errand-local';
import { synthesize } from '../../bin/local-service/synthesize.ts';
import { cloudOf, type Cloud } from '../helpers/cloud.ts';
import { copyClusterTemplate } from '../helpers/cluster-template.ts';
import { PROJECT, synthEnvironment } from '../helpers/stack.ts';
import { RELEASE_VARIABLE, SETTINGS } from './release-assembly.ts';

/** An embedded cloud to which the last release has been deployed. */
export interface DeployedRelease {
  readonly embedded: EmbeddedCloud;
  /** The embedded cloud's clients. `output` reads the deployed version's outputs. `end` also deletes the data folder. */
  readonly cloud: Cloud;
  readonly dataDir: string;
  /** The cloud assemblies of both versions. */
  readonly assemblies: Readonly<Record<'release' | 'ours', string>>;
}

/** Synthesizes the current code's stack, and starts an embedded cloud with the last release. */
export async function deployRelease(): Promise<DeployedRelease> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-test-'));
  await copyClusterTemplate(dataDir);
  const assemblies = { release: process.env[RELEASE_VARIABLE] ?? '', ours: path.join(dataDir, 'ours.out') };
  await synthesize({
    projectDir: PROJECT,
    assemblyDir: assemblies.ours,
    environment: synthEnvironment(SETTINGS),
    signal: new AbortController().signal,
  });
  const logs: string[] = [];
  const embedded = await startEmbeddedCloud({
    assemblyDir: assemblies.release,
    dataDir,
    httpPort: 0,
    awsPort: 0,
    log: (line) => logs.push(line),
  });
  const { apiUrl, awsEndpointUrl } = embedded;
  const cloud = cloudOf({
    apiUrl,
    awsEndpointUrl,
    logs,
    get outputs() {
      return embedded.outputs;
    },
    async end() {
      await embedded.end();
      await rm(dataDir, { recursive: true, force: true });
    },
  });
  return { embedded, cloud, dataDir, assemblies };
}
