import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  originValidationResponse,
  type McpServerFactory,
} from '@modelcontextprotocol/server';
import { InvalidArgumentError } from 'commander';

export interface HttpOptions {
  readonly host: string;
  /** The port; 0 picks any free port. */
  readonly port: number;
  /** The token that clients send as `Authorization: Bearer`. If the token is undefined or empty, clients are not authenticated. */
  readonly token: string | undefined;
  /** Host names that the `Host` and `Origin` headers may contain, in addition to this machine's names. */
  readonly allowedHosts: readonly string[];
  /** Prints a line for people to read. */
  readonly report: (line: string) => void;
}

export interface RunningHttpServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

const PATH = '/mcp';

/**
 * Serves streamable HTTP. The specification asks servers to check `Origin` to prevent DNS rebinding, to bind to localhost, and to
 * authenticate clients (https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#security-%26-endpoint).
 * The SDK's handler implements none of these measures.
 *
 * @throws InvalidArgumentError if the address is in use, or if other machines can reach it and there is no token
 */
export async function serveOnHttp(
  factory: McpServerFactory,
  options: HttpOptions,
): Promise<RunningHttpServer> {
  const { host, port, report } = options;
  const token = options.token === '' ? undefined : options.token;
  if (token === undefined && !localhostAllowedHostnames().includes(nameOf(host))) {
    throw new InvalidArgumentError(
      `--host ${host} opens the server to other machines: set the variable ERRAND_MCP_TOKEN to a secret, which clients send as "Authorization: Bearer"`,
    );
  }
  const handler = createMcpHandler(factory, {
    onerror: (error) => {
      report(`error: ${error.message}`);
    },
  });
  const names = [...localhostAllowedHostnames(), nameOf(host), ...options.allowedHosts.map(nameOf)];
  const answer = async (request: Request): Promise<Response> => {
    const refusal =
      hostRefusal(request, names) ?? (token === undefined ? undefined : tokenRefusal(request, token));
    if (refusal) return refusal;
    if (new URL(request.url).pathname !== PATH) return textResponse(404, `The MCP endpoint is ${PATH}.`);
    return handler.fetch(request);
  };
  const server = createServer((message, response) => {
    void respond(message, response, answer).catch((error: unknown) => {
      report(`error: ${String(error)}`);
      response.destroy();
    });
  });
  server.listen(port, host);
  await once(server, 'listening').catch((error: unknown) => {
    throw new InvalidArgumentError(
      `can't listen on ${host}, port ${port} (${String((error as NodeJS.ErrnoException).code)}): choose others with --host and --port`,
    );
  });
  return {
    url: `http://${nameOf(host)}:${(server.address() as AddressInfo).port}${PATH}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      await handler.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Returns the host as written in a URL, with brackets around an IPv6 address. */
function nameOf(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** Rejects a request if its `Host` or `Origin` header names a host that is not allowed. @returns undefined if both headers are allowed */
function hostRefusal(request: Request, names: string[]): Response | undefined {
  const validations = { host: hostHeaderValidationResponse, origin: originValidationResponse };
  for (const [header, validate] of Object.entries(validations)) {
    if (validate(request, names) === undefined) continue;
    const sent = request.headers.get(header) ?? '';
    return textResponse(
      403,
      `The header "${header}: ${sent}" names a host that is not allowed. If clients use it, start the server with --allow-host.`,
    );
  }
  return undefined;
}

/**
 * Returns an error response if a request lacks the token, or undefined if the request has it. Compares the tokens' digests, because a
 * constant-time comparison requires values of equal length.
 */
function tokenRefusal(request: Request, token: string): Response | undefined {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const sent = request.headers.get('authorization') ?? '';
  if (timingSafeEqual(digest(sent), digest(`Bearer ${token}`))) return undefined;
  return textResponse(401, 'Send the token from ERRAND_MCP_TOKEN as "Authorization: Bearer".', {
    'www-authenticate': 'Bearer',
  });
}

function textResponse(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(`${text}\n`, { status, headers: { 'content-type': 'text/plain', ...headers } });
}

/** Passes a Node HTTP request to a handler for web-standard requests. The request's signal is aborted when the client disconnects. */
async function respond(
  message: IncomingMessage,
  response: ServerResponse,
  answer: (request: Request) => Promise<Response>,
): Promise<void> {
  const leaving = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) leaving.abort();
  });
  const hasBody = message.method !== 'GET' && message.method !== 'HEAD';
  const request = new Request(new URL(message.url ?? '/', 'http://localhost'), {
    method: message.method ?? 'GET',
    headers: headersOf(message),
    signal: leaving.signal,
    ...(hasBody && {
      body: Readable.toWeb(message),
      duplex: 'half',
    }),
  });
  const { status, headers, body } = await answer(request);
  response.writeHead(status, Object.fromEntries(headers));
  if (body === null) response.end();
  else await pipeline(Readable.fromWeb(body), response).catch(ignoreLeft);

  function ignoreLeft(error: unknown): void {
    if (!leaving.signal.aborted) throw error;
  }
}

function headersOf(message: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(message.headersDistinct))
    for (const value of values) headers.append(name, value);
  return headers;
}
