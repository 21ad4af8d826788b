import { isFileOf } from '../job/file-key.ts';
import type { FileStore } from '../job/job-files.ts';

/** A file that a job wrote with `files.write`. */
export interface FileOfJob {
  /** The key that `files.write` returned. */
  readonly file: string;
  readonly content: Uint8Array;
  readonly contentType: string | undefined;
}

/** The chunk size for reading files, in bytes. */
const CHUNK_BYTES = 64 * 1024;

/** An in-memory file store. */
export interface MemoryFileStore extends FileStore {
  /** The files that were written, in order. */
  readonly written: readonly FileOfJob[];
}

/**
 * Creates an in-memory file store.
 *
 * @param given the files that exist at the start, by key
 * @param now returns the current time, from which a link's expiry is calculated
 */
export function createMemoryFileStore(
  given: Readonly<Record<string, string | Uint8Array>>,
  now: () => Date,
  chunkBytes = CHUNK_BYTES,
): MemoryFileStore {
  const written: FileOfJob[] = [];
  return {
    written,
    open(key, signal) {
      const content = written.find(({ file }) => file === key)?.content ?? given[key];
      if (content === undefined) return Promise.resolve(undefined);
      const bytes = Buffer.from(content);
      return Promise.resolve({ bytes: bytes.length, stream: chunksOf(bytes, chunkBytes, signal) });
    },
    put(file, bytes, contentType) {
      written.push({ file, content: new Uint8Array(bytes), contentType });
      return Promise.resolve();
    },
    link: (key) =>
      Promise.resolve({
        url: `https://files.example/${key}`,
        expiresAt: new Date(now().getTime() + 3_600_000),
      }),
  };
}

/**
 * Checks the keys of a test's files.
 *
 * @throws TypeError for a key that can't belong to this tenant
 */
export function requireFileKeys(keys: readonly string[], tenant: string): void {
  for (const key of keys) {
    if (isFileOf(tenant, key)) continue;
    const example = `uploads/${encodeURIComponent(tenant)}/${key}`;
    throw new TypeError(
      `files: "${key}" can't be the key of a file of the tenant "${tenant}". Use "${example}".`,
    );
  }
}

async function* chunksOf(
  bytes: Buffer,
  chunkBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    signal.throwIfAborted();
    yield await Promise.resolve(bytes.subarray(at, at + chunkBytes));
  }
}
