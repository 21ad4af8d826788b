import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startService } from '../../service-process.ts';
import type { Service } from './service.ts';

export interface ErrandService extends Service {
  readonly awsEndpointUrl: string;
}

/** Starts the embedded cloud of one version, as `npm start` does. */
export interface ErrandStarter extends AsyncDisposable {
  /** Starts the cloud with empty stores. The first start synthesizes the stack; later starts reuse it. */
  start(signal: AbortSignal): Promise<ErrandService>;
}

/**
 * @param project the version's folder
 * @param settings the stack's settings
 */
export async function openErrand(
  project: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<ErrandStarter> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-bench-'));
  return {
    async start(signal) {
      signal.throwIfAborted();
      await emptyStores(dataDir);
      const service = await startService({ ...settings, ERRAND_DATA_DIR: dataDir }, project);
      return {
        url: service.url,
        awsEndpointUrl: service.awsEndpointUrl,
        roots: [service.pid],
        async end() {
          await service.end('SIGTERM');
        },
      };
    },
    [Symbol.asyncDispose]: () => rm(dataDir, { recursive: true, force: true }),
  };
}

/** Removes everything except the synthesized stack. */
async function emptyStores(dataDir: string): Promise<void> {
  const stores = (await readdir(dataDir)).filter((name) => name !== 'cdk.out');
  await Promise.all(stores.map((name) => rm(path.join(dataDir, name), { recursive: true, force: true })));
}
