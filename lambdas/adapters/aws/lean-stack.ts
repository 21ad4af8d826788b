import { getSchemaSerdePlugin } from '@smithy/core/schema';
import type { HttpRequest } from '@smithy/types';

/* A client's stack of middlewares (Smithy's MiddlewareStack), as far as this module looks into it. */

type Handler = (args: { request: HttpRequest }) => Promise<unknown>;
/** What a command's calls have in common; kept with its middlewares. */
interface Context {
  readonly endpointV2?: unknown;
  readonly __smithy_context?: { readonly selectedHttpAuthScheme?: unknown };
}
type Middleware = (next: Handler, context: Context) => Handler;
interface Options {
  readonly name?: string;
  readonly step?: string;
  readonly toMiddleware?: string;
  readonly middleware?: Middleware;
}
interface Stack {
  add(middleware: Middleware, options: Options): void;
  addRelativeTo(middleware: Middleware, options: Options): void;
  remove(name: string): boolean;
  use(plugin: { applyToStack: (stack: never) => void }): void;
  applyToStack(stack: Pick<Stack, 'add' | 'addRelativeTo'>): void;
  concat(from: Stack): Stack;
}

type SerdeSettings = Parameters<typeof getSchemaSerdePlugin>[0];

/**
 * Takes from a client of the SDK what each of its calls would do again to the same end (docs/decisions/0019-lean-lambdas.md). A client
 * that keeps a command's middlewares (`cacheMiddleware`) keeps their context too: the endpoint, the authentication scheme and the user
 * agent, which are the same for all calls of a command, are worked out by the SDK's own middlewares at its first call.
 *
 * - No middleware logs: the clients have no logger.
 * - Serializing is told the settings that it reads, and not all: it copies what it is told twice a call.
 * - Where a request goes and how long it is, is written by one middleware, without a copy of all headers.
 *
 * Not for S3, whose endpoint depends on the bucket.
 */
export function makeLean<Client extends { readonly config: object; readonly middlewareStack: object }>(
  client: Client,
): Client {
  const stack = client.middlewareStack as Stack;
  const config = client.config as SerdeSettings & { endpoint?: unknown; disableHostPrefix: boolean };
  for (const name of ['loggerMiddleware', 'hostHeaderMiddleware', 'contentLengthMiddleware'])
    stack.remove(name);
  stack.add(addressed, { step: 'build', name: 'addressedMiddleware' });
  const { protocol, endpoint, disableHostPrefix } = config;
  stack.use(getSchemaSerdePlugin({ protocol, endpoint, disableHostPrefix } as unknown as SerdeSettings));
  // The plugin has told the protocol the few settings; it reads more of them.
  protocol.setSerdeContext(config);
  const isScheme = (context: Context) => context.__smithy_context?.selectedHttpAuthScheme !== undefined;
  replace(stack, stack, 'httpAuthSchemeMiddleware', (middleware) => untilDone(middleware, isScheme));
  replace(stack, stack, 'getUserAgentMiddleware', keepUserAgent);
  // A command brings the middleware of its endpoint along, when its middlewares are put together.
  const concat = stack.concat.bind(stack);
  const isEndpoint = (context: Context) => context.endpointV2 !== undefined;
  stack.concat = (brought) => {
    const all = concat(brought);
    replace(all, brought, 'endpointV2Middleware', (middleware) => untilDone(middleware, isEndpoint));
    return all;
  };
  return client;
}

/**
 * Changes the middleware of this name, which `source` brought into the stack. An SDK that has none is left as it is, slower and
 * right; test/unit/adapters/lean-clients.test.ts holds that the one that is installed has them all.
 */
function replace(stack: Stack, source: Stack, name: string, change: (given: Middleware) => Middleware): void {
  const found: { middleware: Middleware; options: Options }[] = [];
  const look = (middleware: Middleware, options: Options): void => {
    if (options.name === name) found.push({ middleware, options });
  };
  source.applyToStack({ add: look, addRelativeTo: look });
  const [entry] = found;
  if (!entry) return;
  stack.remove(name);
  const middleware = change(entry.middleware);
  const options = { ...entry.options, middleware };
  if (options.toMiddleware === undefined) stack.add(middleware, options);
  else stack.addRelativeTo(middleware, options);
}

/** The middleware, as long as what it does to the context is not done. */
function untilDone(middleware: Middleware, isDone: (context: Context) => boolean): Middleware {
  return (next, context) => {
    const first = middleware(next, context);
    return (args) => (isDone(context) ? next(args) : first(args));
  };
}

/** Writes the user agent that the middleware made for the command's first call. */
function keepUserAgent(middleware: Middleware): Middleware {
  return (next, context) => {
    let known: Record<string, string> | undefined;
    const first = middleware((args) => {
      const { 'user-agent': agent = '', 'x-amz-user-agent': sdk = '' } = args.request.headers;
      known = { 'user-agent': agent, 'x-amz-user-agent': sdk };
      return next(args);
    }, context);
    return (args) => {
      if (known === undefined) return first(args);
      Object.assign(args.request.headers, known);
      return next(args);
    };
  };
}

/** What HTTP asks of every request: where it goes, and how long its body is. */
const addressed: Middleware = (next) => (args) => {
  const { headers, hostname, port } = args.request;
  const body = args.request.body as string | Uint8Array | undefined;
  headers.host = port === undefined ? hostname : `${hostname}:${port}`;
  if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
  return next(args);
};
