import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import { isEveryAddress, strangerOf, type CallerRules, type Stranger } from '../cross-site.ts';
import { originMatches } from './cors.ts';
import type { Gateway } from './gateway.ts';
import { gatewayResponse, INTERNAL_SERVER_ERROR } from './response.ts';
import type { HttpApiResponse } from './response.ts';

/** An HTTP API's server. */
export interface HttpServer {
  /** The server's URL on this machine, such as `http://127.0.0.1:3000`. */
  readonly url: string;
  /**
   * Routes requests to this gateway. Before this call, requests get a 503.
   * @param origins origins whose pages may call the API, in CORS notation. @default - no other origin
   */
  serve(gateway: Gateway, origins?: readonly string[]): void;
  /** Stops accepting connections, and waits briefly for in-progress requests. Can be called more than once. */
  end(): Promise<void>;
}

/**
 * The server's header limit. The server's limit is far above the gateway's limit of 10,240 bytes, so that the gateway itself can respond to larger
 * headers.
 */
const MAX_HEADER_BYTES = 64 * 1024;

/** How long `end` waits for in-progress requests before it closes their connections, in milliseconds. */
const END_GRACE_MILLIS = 1_000;

const NOT_STARTED = gatewayResponse(503, 'Service Unavailable');

export interface HttpServerOptions {
  /** The port to listen on; 0 picks a free port. */
  readonly port: number;
  /** The address or host name to listen on. @default 127.0.0.1, which is reachable only from this machine */
  readonly host?: string | undefined;
}

/**
 * Starts an HTTP server before its gateway exists, so that a port conflict is detected early, and the rest of the startup knows the server's URL.
 * @throws a one-line Error if the port is in use, or if this machine does not have the address
 */
export async function startHttpServer({ port, host = '127.0.0.1' }: HttpServerOptions): Promise<HttpServer> {
  let gateway: Gateway = () => Promise.resolve(NOT_STARTED);
  let allowedOrigins: readonly string[] = [];
  let ending = false;
  const callers: CallerRules = {
    address: host,
    trusts: (origin) => allowedOrigins.some((pattern) => originMatches(pattern, origin)),
  };

  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    // Discards the part of the request body that was not read, so that the connection can be reused.
    response.on('finish', () => request.resume());
    const stranger = strangerOf(request, callers);
    if (stranger !== undefined) {
      write(response, refusal(stranger));
      return;
    }
    gateway(request).then(
      (answer) => {
        // Closes the connection after this response. An open keep-alive connection would prevent the server from stopping.
        if (ending) response.shouldKeepAlive = false;
        write(response, answer);
      },
      () => response.destroy(), // the client disconnected during the request body
    );
  });
  // The keep-alive timeout must be longer than a client's, or a reused connection could be reset during the client's next
  // request.
  server.keepAliveTimeout = 60_000;

  await new Promise<void>((listening, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const message = whyNot(error, host, port);
      failed(message === undefined ? error : new Error(message, { cause: error }));
    });
    server.listen(port, host, listening);
  });
  const { port: bound } = server.address() as AddressInfo;

  return {
    url: `http://${urlHost(host)}:${bound}`,
    serve(next, origins = []) {
      gateway = next;
      allowedOrigins = origins;
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

/** Explains why a server can't listen, and how to fix the problem. */
function whyNot({ code }: NodeJS.ErrnoException, host: string, port: number): string | undefined {
  if (code === 'EADDRINUSE')
    return `Port ${port} of ${host} is taken: stop what listens there, or set PORT to a free port.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `This machine has no address ${host}. Set --host (or ERRAND_HOST) to one of its addresses, or to 0.0.0.0 for all of them.`;
  return undefined;
}

/** Returns the host name for the URL of a server that listens on `host`. */
function urlHost(host: string): string {
  if (isEveryAddress(host)) return '127.0.0.1';
  return isIPv6(host) ? `[${host}]` : host;
}

function refusal({ name, isHost }: Stranger): HttpApiResponse {
  const remedy = isHost
    ? 'Call it as localhost, or start it with --host and the address or name that you call it by.'
    : 'List the origin in CORS_ORIGINS if its pages may call the API.';
  return gatewayResponse(403, `This API does not answer ${name}. ${remedy}`);
}

function write(response: ServerResponse, answer: HttpApiResponse): void {
  const { statusCode, headers, body } = answer;
  // According to RFC 9110, responses with status 204 or 304 have no content.
  const hasContent = statusCode !== 204 && statusCode !== 304;
  try {
    response.writeHead(statusCode, hasContent ? { ...headers, 'content-length': body.length } : headers);
  } catch {
    // The function returned a header that HTTP does not allow, such as one with a line break.
    write(response, INTERNAL_SERVER_ERROR);
    return;
  }
  response.end(hasContent ? body : undefined);
}
