import { S3Error } from './s3-error.ts';

/** The maximum length of a chunk's header line or a trailer line, in bytes. A header line with a 64-character signature is much shorter. */
const MAX_LINE_BYTES = 4096;

/**
 * Decodes an `aws-chunked` body. Each chunk begins with a line that contains its length in hex and optionally a signature. The
 * chunk's bytes follow.
 * The trailers follow an empty chunk, one per line, and end with an empty line. Signatures are not verified.
 * @param trailers receives the trailers, with names in lower case, before the last byte is passed on
 * @throws S3Error if the body has another format, or ends early
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer, void, undefined> {
  const reader = createReader(source);
  for (;;) {
    const head = await reader.line();
    if (!/^[0-9a-f]{1,16}(;.*)?$/i.test(head)) throw malformed();
    let left = Number.parseInt(head, 16);
    if (left === 0) break;
    while (left > 0) {
      const bytes = await reader.upTo(left);
      left -= bytes.length;
      yield bytes;
    }
    if ((await reader.line()) !== '') throw malformed();
  }
  for (let line = await reader.line(); line !== ''; line = await reader.line()) {
    const colon = line.indexOf(':');
    if (colon < 1) throw malformed();
    trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
}

interface Reader {
  /** Reads up to the next CRLF, and consumes the CRLF. */
  line(): Promise<string>;
  /** Reads at least one byte, and at most `bytes` bytes. */
  upTo(bytes: number): Promise<Buffer>;
}

function createReader(source: AsyncIterable<Buffer>): Reader {
  const chunks = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);

  async function more(): Promise<Buffer> {
    const next = await chunks.next();
    if (next.done) throw new S3Error(400, 'IncompleteBody', 'The request body terminated unexpectedly');
    return next.value;
  }

  return {
    async line() {
      for (;;) {
        const end = held.indexOf('\r\n');
        if (end >= 0) {
          const line = held.toString('latin1', 0, end);
          held = held.subarray(end + 2);
          return line;
        }
        if (held.length > MAX_LINE_BYTES) throw malformed();
        held = Buffer.concat([held, await more()]);
      }
    },
    async upTo(bytes) {
      while (held.length === 0) held = await more();
      const taken = held.subarray(0, bytes);
      held = held.subarray(taken.length);
      return taken;
    },
  };
}

function malformed(): S3Error {
  return new S3Error(400, 'InvalidRequest', 'The body is not in aws-chunked format.');
}
