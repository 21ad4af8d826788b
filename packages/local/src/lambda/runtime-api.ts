import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readWholeBody } from '../whole-body.ts';
import { MAX_RESPONSE_BYTES } from './invocation.ts';

/** Receives the messages of a sandbox's runtime. */
export interface RuntimeListener {
  /**
   * The runtime waits for an invocation, after its initialization or after its last invocation. If it still has an unfinished invocation,
   * it requests the same invocation again.
   */
  ready(): void;
  /** The runtime has sent an invocation's result. @returns whether this invocation is currently running */
  responded(requestId: string, payload: Buffer): boolean;
  /** The invocation's result exceeded Lambda's maximum size, and was dropped. */
  respondedTooMuch(requestId: string): boolean;
  /** The invocation failed with this error, as JSON. */
  failed(requestId: string, payload: Buffer): boolean;
  /** Loading the handler failed with this error, as JSON. @returns false if the runtime is already initialized */
  initFailed(payload: Buffer): boolean;
}

/** An invocation to deliver to the runtime. */
export interface Delivery {
  readonly requestId: string;
  readonly payload: Buffer;
  /** The invocation's deadline, in milliseconds since the epoch. */
  readonly deadline: number;
  readonly functionArn: string;
  readonly traceId: string;
}

export interface RuntimeApi {
  /** `host:port`, for `AWS_LAMBDA_RUNTIME_API`. */
  readonly address: string;
  /**
   * Responds to all pending requests for the next invocation. The function's own code may have sent a request in addition to the runtime's.
   * As in AWS, both requests then get the invocation.
   */
  deliver(delivery: Delivery): void;
  end(): void;
}

const PREFIX = '/2018-06-01/runtime/';

/**
 * Starts the Runtime API of one sandbox, version 2018-06-01. As in AWS, it is a separate HTTP server on the loopback interface, so that any
 * runtime interface client can use it.
 */
export async function startRuntimeApi(listener: RuntimeListener): Promise<RuntimeApi> {
  const waiting = new Set<ServerResponse>();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const call = path.startsWith(PREFIX) ? `${request.method ?? ''} ${path.slice(PREFIX.length)}` : '';
    if (call === 'GET invocation/next') {
      waiting.add(response);
      response.once('close', () => waiting.delete(response));
      listener.ready();
      return;
    }
    const { bytes: body } = await readWholeBody(request, MAX_RESPONSE_BYTES);
    if (call === 'POST init/error') {
      if (listener.initFailed(body ?? Buffer.from('null'))) accept(response);
      else refuse(response, 403, 'InvalidStateTransition', 'The runtime is initialized already.');
      return;
    }
    const [, requestId = '', kind] = /^POST invocation\/([^/]+)\/(response|error)$/.exec(call) ?? [];
    if (kind === undefined) {
      refuse(response, 404, 'NotFound', `No such call: ${path}`);
    } else if (body === undefined) {
      listener.respondedTooMuch(requestId);
      const message = `Exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
      refuse(response, 413, 'RequestEntityTooLarge', message);
    } else if (kind === 'response' ? listener.responded(requestId, body) : listener.failed(requestId, body)) {
      accept(response);
    } else {
      refuse(response, 400, 'InvalidRequestID', 'Invalid request ID');
    }
  }

  const server = createServer((request, response) => {
    // If a connection breaks in the middle of a body, the sandbox's process has died. The exit is handled elsewhere.
    handle(request, response).catch(() => response.destroy());
  });
  // A runtime uses the same connection for its whole lifetime, no matter how long an invocation takes.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    address: `127.0.0.1:${port}`,
    deliver({ requestId, payload, deadline, functionArn, traceId }) {
      for (const response of waiting) {
        response.writeHead(200, {
          'Content-Type': 'application/json',
          'Content-Length': payload.length,
          'Lambda-Runtime-Aws-Request-Id': requestId,
          'Lambda-Runtime-Deadline-Ms': String(deadline),
          'Lambda-Runtime-Invoked-Function-Arn': functionArn,
          'Lambda-Runtime-Trace-Id': traceId,
        });
        response.end(payload);
      }
      waiting.clear();
    },
    end() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function accept(response: ServerResponse): void {
  answer(response, 202, { status: 'OK' });
}

function refuse(response: ServerResponse, status: number, errorType: string, errorMessage: string): void {
  answer(response, status, { errorType, errorMessage });
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}
