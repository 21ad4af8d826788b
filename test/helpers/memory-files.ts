import { createJobFiles, type JobFiles } from '../../lambdas/job/job-files.ts';
import { createMemoryFileStore } from '../../lambdas/testing/memory-files.ts';

/** The key prefix of the files in tests, which belong to the tenant `default`. */
export const FOLDER = 'uploads/default/';

/**
 * In-memory files for the jobs of each tenant, by key.
 *
 * @param chunkBytes the size of the chunks in which they are read
 */
export function memoryFiles(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  chunkBytes = 64 * 1024,
): (tenant: string) => JobFiles {
  return createJobFiles(
    createMemoryFileStore(files, () => new Date(), chunkBytes),
    7,
    () => 'id',
  );
}
