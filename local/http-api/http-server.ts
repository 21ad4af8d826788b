import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Gateway } from './gateway.ts';
import { gatewayResponse, INTERNAL_SERVER_ERROR } from './response.ts';
import type { HttpApiResponse } from './response.ts';

/** The listening end of an HTTP API. */
export interface HttpServer {
  /** Such as `http://127.0.0.1:3000`. */
  readonly url: string;
  /** From now on requests go to this gateway; until then they get a 503. */
  serve(gateway: Gateway): void;
  /** Takes no further connections, and waits a moment for the requests under way. May be called again. */
  end(): Promise<void>;
}

/** Far above the gateway's own limit of 10,240 bytes, so that the answer to larger headers is the gateway's. */
const MAX_HEADER_BYTES = 64 * 1024;

/** How long a request under way may take to end before its connection is cut, in milliseconds. */
const END_GRACE_MILLIS = 1_000;

const NOT_STARTED = gatewayResponse(503, 'Service Unavailable');

/**
 * Listens on 127.0.0.1, before there is a gateway to serve: a taken port shows at once, and the address is known to
 * the rest of the start-up.
 * @param port 0 for any free one
 * @throws Error of one line for a taken port
 */
export async function startHttpServer({ port }: { port: number }): Promise<HttpServer> {
  let gateway: Gateway = () => Promise.resolve(NOT_STARTED);
  let ending = false;

  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    // A body that nobody reads any more still has to leave the connection.
    response.on('finish', () => request.resume());
    gateway(request).then(
      (answer) => {
        // Else the client would keep the connection, and the server could not end.
        if (ending) response.shouldKeepAlive = false;
        write(response, answer);
      },
      () => response.destroy(), // the client left in the middle of its body
    );
  });
  // Keep-alive must outlive a client's own idle time, or a reused connection is reset under the client's next request.
  server.keepAliveTimeout = 60_000;

  await new Promise<void>((listening, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const message = `Port ${port} of 127.0.0.1 is taken: stop what listens there, or set PORT to a free port.`;
      failed(error.code === 'EADDRINUSE' ? new Error(message, { cause: error }) : error);
    });
    server.listen(port, '127.0.0.1', listening);
  });
  const { port: bound } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${bound}`,
    serve(next) {
      gateway = next;
    },
    async end() {
      ending = true;
      const closed = new Promise((settle) => server.close(settle));
      server.closeIdleConnections();
      const cut = setTimeout(() => {
        server.closeAllConnections();
      }, END_GRACE_MILLIS);
      await closed;
      clearTimeout(cut);
    },
  };
}

function write(response: ServerResponse, answer: HttpApiResponse): void {
  const { statusCode, headers, body } = answer;
  // RFC 9110: neither of them has content, nor a length of it.
  const hasContent = statusCode !== 204 && statusCode !== 304;
  try {
    response.writeHead(statusCode, hasContent ? { ...headers, 'content-length': body.length } : headers);
  } catch {
    // A function returned a header that HTTP does not allow, such as one with a line break.
    write(response, INTERNAL_SERVER_ERROR);
    return;
  }
  response.end(hasContent ? body : undefined);
}
