import type { IncomingMessage } from 'node:http';

/**
 * Reads a request's body and puts it back, so that its service finds the request as it came. Without a Content-Length
 * there is none to read: AWS's JSON protocols always send one.
 * @returns undefined if the sender has left before the end
 */
export function peekBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const length = Number(request.headers['content-length'] ?? 0);
  if (!(length > 0)) return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (body: Buffer | undefined) => {
      request.off('readable', read).off('close', leave).off('error', leave);
      resolve(body);
    };
    const read = () => {
      for (let chunk = next(request); chunk; chunk = next(request)) {
        chunks.push(chunk);
        size += chunk.length;
      }
      if (size < length) return;
      const body = Buffer.concat(chunks);
      // In the same turn as the last read: once the stream has told of its end, nothing can be put back.
      request.unshift(body);
      settle(body);
    };
    const leave = () => {
      settle(undefined);
    };
    request.on('readable', read).on('close', leave).on('error', leave);
  });
}

function next(request: IncomingMessage): Buffer | null {
  return request.read() as Buffer | null;
}
