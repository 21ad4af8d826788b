import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopback, strangerOf, type CallerRules } from '../cross-site.ts';
import type { AwsService } from '../service.ts';
import { actionName } from './action-name.ts';
import { answerErrorOf, answerFailure } from './answer-error.ts';
import { answerJson, answerJsonError } from './answer.ts';
import { createCallCounter, type CallCount } from './call-counter.ts';
import { credentialScope } from './credential-scope.ts';
import { failureLine } from './failures.ts';

/** Handles requests to `/_errand/<name>`. These paths are not AWS APIs: they show and change the embedded cloud's own state. */
export type AdminView = (request: IncomingMessage, response: ServerResponse) => void;

/** A call before it reaches its service. */
export interface InterceptedCall {
  /** The caller's access key ID without a version, such as a Lambda function's name; `anonymous` for unsigned calls. */
  readonly caller: string;
  /** The access key ID that signed the call. A function version's ID is `name:version`. */
  readonly accessKeyId: string;
  readonly service: string;
  readonly action: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Intercepts calls to the services. An interceptor either calls `proceed` to forward the call to its service, or responds itself. */
export type Interceptor = (call: InterceptedCall, proceed: () => void) => void;

/** The single endpoint for all emulated AWS services. */
export interface AwsEndpoint {
  /** The URL for `AWS_ENDPOINT_URL_*`, without a trailing slash, such as `http://127.0.0.1:4566`. */
  readonly url: string;
  readonly port: number;
  /** Routes requests that are signed for `service.name` to the service. */
  register(service: AwsService): void;
  /**
   * Routes requests to `/_errand/<name>` to the view.
   *
   * @throws Error if the name is taken
   */
  registerView(name: string, view: AdminView): void;
  /** Routes unsigned requests for a path such as `/metrics` to the page instead of S3. */
  registerPage(path: string, page: AdminView): void;
  /** Adds an interceptor for all calls. Interceptors run in the order in which they were added. */
  intercept(interceptor: Interceptor): void;
  /** The AWS calls since startup or the last `DELETE /_errand/calls`. */
  calls(): CallCount[];
  /** Closes the port and all connections. Does not stop the services, because the endpoint's caller started them. */
  end(): Promise<void>;
}

export interface AwsEndpointOptions {
  /** The port to listen on; 0 picks a free port. */
  readonly port: number;
  readonly services?: readonly AwsService[];
  /** Called with one line for each request that no service handles. */
  readonly log?: (line: string) => void;
}

const HOST = '127.0.0.1';
// This timeout is longer than the SDKs' timeout for idle connections, so SDKs never send a request on a connection that the server is closing.
const KEEP_ALIVE_MS = 75_000;

/**
 * Starts the HTTP server for all emulated AWS services, on 127.0.0.1 only. Each request is passed unchanged to the service named in its
 * SigV4 credential scope. An unsigned request goes to S3. `GET /_errand/calls` responds with `{calls: [{caller, service, action, count}]}`,
 * and `DELETE` resets the counts.
 * @throws if the port is in use; the message names the port and the setting that changes it
 */
export async function startAwsEndpoint(options: AwsEndpointOptions): Promise<AwsEndpoint> {
  const { log = () => undefined } = options;
  const services = new Map<string, AwsService>();
  const views = new Map<string, AdminView>();
  const pages = new Map<string, AdminView>();
  const counter = createCallCounter();
  const interceptors: Interceptor[] = [];

  /** Returns the trusted callers: web pages on this machine, which post presigned upload forms, and pages that the service allows. */
  function callersOf(request: IncomingMessage): CallerRules {
    const isAllowed = (): boolean =>
      services.get(credentialScope(request)?.service ?? 's3')?.allowsPage?.(request) === true;
    return { address: HOST, trusts: (origin) => isLoopbackOrigin(origin) || isAllowed() };
  }

  function route(request: IncomingMessage, response: ServerResponse): void {
    const stranger = strangerOf(request, callersOf(request));
    if (stranger !== undefined) {
      const message = `The embedded AWS responds only to localhost, not to ${stranger.name}.`;
      answerJsonError(response, { status: 403, code: 'AccessDeniedException', message });
      return;
    }
    if (request.url?.startsWith('/_errand/')) {
      showView(request, response);
      return;
    }
    const scope = credentialScope(request);
    const page = scope ? undefined : pages.get(request.url?.split('?', 1)[0] ?? '');
    if (page) {
      page(request, response);
      return;
    }
    if (!scope && 'x-amz-target' in request.headers) {
      const message = 'The request is missing its authentication token: sign it, with any secret key.';
      answerJsonError(response, { status: 400, code: 'MissingAuthenticationTokenException', message });
      return;
    }
    // Requests without a signature header go to S3, because only S3 serves such requests: reads of public objects, and upload forms with a
    // policy.
    const {
      service: name,
      caller,
      accessKeyId,
    } = scope ?? { service: 's3', caller: 'anonymous', accessKeyId: 'anonymous' };
    // A service name such as `constructor` is a property of every object, so the interceptors must not use it as a key in their tables.
    if (name in Object.prototype) {
      refuse(response, name);
      return;
    }
    const action = actionName(name, request);
    counter.count(caller, name, action);
    response.once('finish', () => {
      const line = failureLine(response, name, action);
      if (line !== undefined) log(line);
    });
    const call: InterceptedCall = { caller, accessKeyId, service: name, action, request, response };
    const pass = (next: number): void => {
      const interceptor = interceptors[next];
      const service = services.get(name);
      if (interceptor)
        interceptor(call, () => {
          pass(next + 1);
        });
      else if (service) service.handle(request, response);
      else refuse(response, name);
    };
    pass(0);
  }

  /** Handles a request. An exception does not affect other requests. */
  function routeSafely(request: IncomingMessage, response: ServerResponse): void {
    try {
      route(request, response);
    } catch (error) {
      answerFailure(response, credentialScope(request)?.service ?? 's3', error);
    }
  }

  function showView(request: IncomingMessage, response: ServerResponse): void {
    const name = /^\/_errand\/([^/?]+)/.exec(request.url ?? '')?.[1] ?? '';
    const view = views.get(name);
    if (view) {
      view(request, response);
      return;
    }
    answerJson(response, 404, { message: `No view named "${name}". Views: ${listOf(views.keys())}.` });
  }

  function refuse(response: ServerResponse, name: string): void {
    const message = `The embedded AWS has no service named "${name}". Services: ${listOf(services.keys())}.`;
    log(message);
    answerErrorOf(name, response, { status: 400, code: 'UnrecognizedServiceException', message });
  }

  views.set('calls', (request, response) => {
    if (request.method === 'DELETE') counter.reset();
    answerJson(response, 200, { calls: counter.calls() });
  });
  for (const service of options.services ?? []) services.set(service.name, service);

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, routeSafely);
  const port = await listen(server, options.port);
  return {
    url: `http://${HOST}:${port}`,
    port,
    register(service) {
      services.set(service.name, service);
    },
    registerView(name, view) {
      if (views.has(name))
        throw new Error(`/_errand/${name} is taken: give the view "${name}" another name.`);
      views.set(name, view);
    },
    registerPage(path, page) {
      pages.set(path, page);
    },
    intercept(given) {
      interceptors.push(given);
    },
    calls: () => counter.calls(),
    end: () => close(server),
  };
}

function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname);
}

function listOf(names: Iterable<string>): string {
  return [...names].sort().join(', ') || 'none';
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new Error(portTaken(port), { cause: error }) : error);
    });
    server.listen(port, HOST, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function portTaken(port: number): string {
  return `Port ${port} of ${HOST} is taken: stop what listens there, or set ERRAND_AWS_PORT to a free port.`;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => {
      if (error) reject(error);
      else resolve();
    });
    server.closeAllConnections();
  });
}
