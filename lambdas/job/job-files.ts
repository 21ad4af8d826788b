import { FinalError } from './errors.ts';
import { fileKey, isFileOf, MEDIA_TYPE } from './file-key.ts';
import type { DownloadLink } from './upload-store.ts';

/** A file opened for reading. */
export interface OpenFile {
  /** The file's size, in bytes. */
  bytes: number;
  /**
   * The file's bytes in order, in chunks of any size. The chunks are not reused, so the reader may keep them. To stop early,
   * break out of the loop.
   */
  stream: AsyncIterable<Uint8Array>;
}

/** Stores the files that clients upload and jobs write. */
export interface FileStore {
  /**
   * @param signal ends the stream, with its reason as the error
   * @returns undefined if the file does not exist
   */
  open(key: string, signal: AbortSignal): Promise<OpenFile | undefined>;
  put(key: string, bytes: Uint8Array, contentType: string | undefined): Promise<void>;
  /** Returns a signed link to an existing file. */
  link(key: string): Promise<DownloadLink>;
}

export interface WriteOptions {
  /**
   * A media type, such as `image/png`.
   *
   * @default 'application/octet-stream'
   */
  readonly contentType?: string;
}

/** The key and the download link of a file that a job wrote. A job can include this object in its result. */
export interface WrittenFile {
  /** The file's key. Use this key in another job's payload, or pass it to `POST /v1/downloads` to get a new link. */
  file: string;
  /** A download URL, which anyone can use until `expires_at`. */
  url: string;
  /** When the URL expires, in ISO 8601. */
  expires_at: string;
}

/** Reads and writes the files of a job's tenant. */
export interface JobFiles {
  /**
   * Opens a file by its key.
   *
   * @param signal ends the stream, with its reason as the error
   * @throws FinalError if the file has expired, was never uploaded, or belongs to another tenant
   */
  open(key: string, signal: AbortSignal): Promise<OpenFile>;
  /**
   * Writes a file, which expires like an uploaded file. Each call creates a new file, even if a later attempt repeats the
   * call.
   *
   * @param content at most 5 GiB, and held in memory
   * @throws TypeError if the content or its media type can't be stored
   */
  write(content: Uint8Array | string, options?: WriteOptions): Promise<WrittenFile>;
}

/**
 * Creates a function that returns a tenant's {@link JobFiles}.
 *
 * @param retentionDays the retention period in days, quoted in the error message about a missing file
 * @param newId generates a unique id
 */
export function createJobFiles(
  store: FileStore,
  retentionDays: number,
  newId: () => string,
): (tenant: string) => JobFiles {
  return (tenant) => ({
    async open(key, signal) {
      const file = isFileOf(tenant, key) ? await store.open(key, signal) : undefined;
      if (file) return file;
      const days = retentionDays === 1 ? 'a day' : `${retentionDays} days`;
      throw new FinalError(
        `There is no file "${key}". Files are uploaded with POST /v1/uploads, and expire after ${days}.`,
      );
    },
    async write(content, { contentType } = {}) {
      if (typeof content !== 'string' && !(content instanceof Uint8Array)) {
        throw new TypeError('files.write takes a string, a Buffer or a Uint8Array.');
      }
      if (contentType !== undefined && !MEDIA_TYPE.test(contentType)) {
        throw new TypeError(
          `files.write: contentType is "${contentType}". Use a media type such as image/png.`,
        );
      }
      const file = fileKey(tenant, newId());
      await store.put(file, typeof content === 'string' ? Buffer.from(content) : content, contentType);
      const { url, expiresAt } = await store.link(file);
      return { file, url, expires_at: expiresAt.toISOString() };
    },
  });
}
