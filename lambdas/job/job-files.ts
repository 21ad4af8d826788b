import { FinalError } from './errors.ts';
import { isFileOf } from './file-key.ts';

/** A file opened for reading. */
export interface OpenFile {
  /** The size of the file. */
  bytes: number;
  /** The bytes in order, in chunks of any size that the reader may keep. To stop early, break out of the loop. */
  stream: AsyncIterable<Uint8Array>;
}

/** Reads the files that clients uploaded. */
export interface FileStore {
  /**
   * @param signal ends the stream, with its reason as the error
   * @returns undefined where there is no such file
   */
  open(key: string, signal: AbortSignal): Promise<OpenFile | undefined>;
}

/** The files that a job may read: those of its own tenant. */
export interface JobFiles {
  /**
   * Opens a file by its key.
   *
   * @param signal ends the stream, with its reason as the error
   * @throws FinalError where there is no such file: it expired, was never uploaded, or is somebody else's
   */
  open(key: string, signal: AbortSignal): Promise<OpenFile>;
}

/**
 * The files of a deployment, for the jobs of each tenant.
 *
 * @param retentionDays how long a file is kept, for the message about one that is not there
 */
export function createJobFiles(store: FileStore, retentionDays: number): (tenant: string) => JobFiles {
  return (tenant) => ({
    async open(key, signal) {
      const file = isFileOf(tenant, key) ? await store.open(key, signal) : undefined;
      if (file) return file;
      const days = retentionDays === 1 ? 'a day' : `${retentionDays} days`;
      throw new FinalError(
        `There is no file "${key}". Files are uploaded with POST /v1/uploads, and expire after ${days}.`,
      );
    },
  });
}
