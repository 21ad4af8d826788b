import { createJobFiles, type JobFiles, type FileStore } from '../../lambdas/job/job-files.ts';

/** Where the files of tests' jobs lie: below the key of the tenant `default`. */
export const FOLDER = 'uploads/default/';

/**
 * The files that a test gives by their keys, in pieces of this many bytes, for the jobs of each tenant.
 */
export function memoryFiles(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  pieceBytes = 64 * 1024,
): (tenant: string) => JobFiles {
  const store: FileStore = {
    open(key, signal) {
      const content = files[key];
      if (content === undefined) return Promise.resolve(undefined);
      const bytes = Buffer.from(content);
      return Promise.resolve({ bytes: bytes.length, stream: piecesOf(bytes, pieceBytes, signal) });
    },
    put: () => Promise.reject(new Error('This test writes no files.')),
    link: () => Promise.reject(new Error('This test writes no files.')),
  };
  return createJobFiles(store, 7, () => 'id');
}

async function* piecesOf(
  bytes: Buffer,
  pieceBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    signal.throwIfAborted();
    yield await Promise.resolve(bytes.subarray(at, at + pieceBytes));
  }
}
