import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';

/** A request as sent on the socket. */
export interface RecordedCall {
  /** The service and the operation, such as `dynamodb PutItem`. */
  readonly name: string;
  readonly method: string;
  /** The path and the query string. */
  readonly target: string;
  /** All headers except `Host`, `Connection`, `Content-Length`, `Transfer-Encoding` and `Expect`. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** Sends one request to an endpoint, using an SDK. */
export type Send = (endpoint: string) => Promise<unknown>;

const NOT_RECORDED = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'expect']);

/**
 * Records the request that each function sends. The recorder responds with an error, and the function's rejection is ignored. @throws Error if a
 * function sends nothing
 */
export async function record(calls: Readonly<Record<string, Send>>): Promise<RecordedCall[]> {
  let last: Omit<RecordedCall, 'name'> | undefined;
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const { rawHeaders, method = '', url: target = '' } = request;
      const pairs = rawHeaders.flatMap((name, at) =>
        at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : [],
      );
      const headers = pairs.filter(([name]) => !NOT_RECORDED.has(name.toLowerCase()));
      last = { method, target, headers, body };
      response.writeHead(400).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const recorded: RecordedCall[] = [];
  for (const [name, send] of Object.entries(calls)) {
    last = undefined;
    await send(endpoint).catch(() => undefined);
    const sent = last as Omit<RecordedCall, 'name'> | undefined;
    if (!sent) throw new Error(`Nothing was sent for ${name}.`);
    recorded.push({ name, ...sent });
  }
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return recorded;
}
