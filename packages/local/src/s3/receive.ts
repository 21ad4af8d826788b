import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { checkedChecksums, type Expectation } from './checksums.ts';

/** A received body, now stored in a file. */
export interface Received {
  readonly bytes: number;
  /** The MD5 in hex. S3 uses this digest as the ETag of objects that were not uploaded in parts. */
  readonly md5: string;
  /** The checksums that were sent and matched, in base64, keyed by header name. */
  readonly checksums: Readonly<Record<string, string>>;
}

export interface ReceiveOptions {
  /** The path of the file to write. The file must not exist yet. */
  readonly path: string;
  readonly expectations: readonly Expectation[];
  /** The trailers, which are complete only when the source ends. */
  readonly trailers?: ReadonlyMap<string, string>;
  /** Called after each chunk, and again at the end, with the number of bytes received so far. Throws to refuse the body. */
  readonly checkSize: (bytes: number, isWhole: boolean) => void;
}

/**
 * Streams a body to a file, with only one chunk in memory at a time. On any error, the file is removed.
 * @throws S3Error from `checkSize`, or if a digest does not match
 */
export async function receive(
  source: AsyncIterable<Buffer>,
  { path, expectations, trailers = new Map(), checkSize }: ReceiveOptions,
): Promise<Received> {
  const md5 = createHash('md5');
  let bytes = 0;
  try {
    await using file = await open(path, 'wx');
    for await (const chunk of source) {
      bytes += chunk.length;
      checkSize(bytes, false);
      md5.update(chunk);
      for (const { digest } of expectations) digest.update(chunk);
      await writeAll(file, chunk);
    }
    checkSize(bytes, true);
    const checksums = await checkedChecksums(expectations, trailers);
    return { bytes, md5: md5.digest('hex'), checksums };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

async function writeAll(
  file: { write(bytes: Buffer): Promise<{ bytesWritten: number }> },
  chunk: Buffer,
): Promise<void> {
  for (let rest = chunk; rest.length > 0;) {
    const { bytesWritten } = await file.write(rest);
    rest = rest.subarray(bytesWritten);
  }
}
