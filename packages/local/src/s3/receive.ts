import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { checkedChecksums, type Expectation } from './checksums.ts';

/** What has come in, and lies in a file now. */
export interface Received {
  readonly bytes: number;
  /** The MD5 in hex: what S3 gives as the ETag of an object that was not uploaded in parts. */
  readonly md5: string;
  /** The checksums that were given and came out, base64, by their header. */
  readonly checksums: Readonly<Record<string, string>>;
}

export interface ReceiveOptions {
  /** The file to write; it must not exist. */
  readonly path: string;
  readonly expectations: readonly Expectation[];
  /** Filled by the time that the source ends. */
  readonly trailers?: ReadonlyMap<string, string>;
  /** Sees the number of bytes so far with each chunk, and again when they are all; throws to refuse them. */
  readonly checkSize: (bytes: number, isWhole: boolean) => void;
}

/**
 * Writes a body to a file as it comes in, a chunk in memory at a time. Whatever goes wrong, no file stays behind.
 * @throws S3Error what `checkSize` throws, or the refusal of a digest that did not come out
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
