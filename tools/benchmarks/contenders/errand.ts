import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startService } from '../../../test/helpers/service-process.ts';
import type { StartService } from './service.ts';

/**
 * The embedded cloud as `npm start` runs it.
 *
 * @param settings of the stack
 */
export function errand(settings: Record<string, string> = {}): StartService {
  return async () => {
    const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-bench-'));
    const service = await startService({ ...settings, ERRAND_DATA_DIR: dataDir }).catch(
      async (error: unknown) => {
        await rm(dataDir, { recursive: true, force: true });
        throw error;
      },
    );
    return {
      url: service.url,
      roots: [service.pid],
      async end() {
        await service.end('SIGTERM');
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  };
}
