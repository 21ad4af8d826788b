import { createJobFiles, type JobFiles } from '../../lambdas/job/job-files.ts';
import { createMemoryFileStore } from '../../lambdas/testing/memory-files.ts';

/** Where the files of tests' jobs lie: below the key of the tenant `default`. */
export const FOLDER = 'uploads/default/';

/**
 * The files that a test gives by their keys, for the jobs of each tenant.
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
