import { createJobFiles, type JobFiles } from '../../lambdas/job/job-files.ts';
import { createMemoryFileStore } from '../../lambdas/testing/memory-files.ts';

/** The key prefix of the tests' files, which belong to the `default` tenant. */
export const FOLDER = 'uploads/default/';

/**
 * Stores files in memory, by tenant and key.
 *
 * @param chunkBytes the chunk size for reading files
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
