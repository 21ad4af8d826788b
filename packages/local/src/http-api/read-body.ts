import type { IncomingMessage } from 'node:http';

/**
 * Reads a request's body.
 * @param maxBytes the largest body that is read
 * @returns the body, empty if there is none; `undefined` as soon as it exceeds the limit
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    // The rest of an oversized body is read and discarded, until the response ends the request.
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) resolve(undefined);
      else chunks.push(chunk);
    });
    request.once('end', () => {
      resolve(Buffer.concat(chunks, bytes));
    });
    request.once('error', reject);
  });
}
