import { pipeline } from 'node:stream/promises';
import {
  Agent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AwsService } from '../service.ts';
import { answerErrorOf } from './answer-error.ts';
import type { ErrorAnswer } from './answer.ts';
import { readRequestBody } from './request-body.ts';

/**
 * Forwards a service's requests to another server, such as LocalStack.
 *
 * @param name the service's SigV4 signing name
 * @param url the server's URL
 */
export function forwardTo(name: string, url: string): AwsService {
  // Opens a new connection for each call. The server could close an idle connection just as the next call is sent.
  const agent = new Agent({ keepAlive: false });
  return {
    name,
    handle(request, response) {
      forward({ name, url, agent }, request, response);
    },
    end() {
      agent.destroy();
      return Promise.resolve();
    },
  };
}

interface Destination {
  readonly name: string;
  readonly url: string;
  readonly agent: Agent;
}

function forward(
  { name, url, agent }: Destination,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  // Omits the Expect header, because the AWS endpoint's server has already responded to it.
  const headers = withoutConnection(request.headers);
  delete headers.expect;
  const { hostname, port } = new URL(url);
  const path = request.url ?? '/';
  const forwarded = httpRequest({ hostname, port, path, method: request.method, headers, agent });
  forwarded.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, withoutConnection(answer.headers));
    pipeline(answer, response).catch(() => response.destroy());
  });
  forwarded.once('error', (error) => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const message = `The server ${url}, which handles ${name}, failed: ${error.message}`;
    const failure: ErrorAnswer = { status: 503, code: 'ServiceUnavailable', message };
    answerErrorOf(name, response, failure);
  });
  response.once('close', () => {
    if (!response.writableFinished) forwarded.destroy();
  });
  if (name !== 's3' && name !== 'lambda') {
    // Uses the shared body reader, because the IAM guard may already have read the body.
    void readRequestBody(request).then(
      ({ bytes }) => forwarded.end(bytes),
      () => forwarded.destroy(),
    );
  } else request.pipe(forwarded);
}

/** Removes the headers that describe the connection (RFC 9110, section 7.6.1). */
function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = { ...headers };
  delete kept.connection;
  delete kept['keep-alive'];
  return kept;
}
