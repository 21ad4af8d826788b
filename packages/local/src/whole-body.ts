import type { IncomingMessage } from 'node:http';

export interface WholeBody {
  /** The body's length in bytes. */
  readonly size: number;
  /** The body; undefined if it exceeded the limit. */
  readonly bytes: Buffer | undefined;
}

/**
 * Reads a request's whole body, even if it is too large. If part of the body were left unread, the caller would get a connection reset instead of a
 * response.
 *
 * @param maxBytes the maximum size of a body to return
 * @throws Error if the sender disconnects before the end of the body
 */
export function readWholeBody(request: IncomingMessage, maxBytes: number): Promise<WholeBody> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
    });
    request.once('error', reject);
    request.once('end', () => {
      resolve({ size, bytes: size <= maxBytes ? joined(chunks) : undefined });
    });
  });
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [first, second] = chunks;
  return first && !second ? first : Buffer.concat(chunks);
}
