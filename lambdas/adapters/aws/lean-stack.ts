import { getSchemaSerdePlugin } from '@smithy/core/schema';
import type { HttpRequest } from '@smithy/types';

/* The parts of Smithy's MiddlewareStack used by this module. */

type Handler = (args: { request: HttpRequest }) => Promise<unknown>;
/** State shared by all calls of a command, and cached together with the command's middlewares. */
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
 * Caches the per-command work that the SDK repeats on every call. The cache saves a quarter of the CPU time for accepting
 * a job (docs/decisions/0030-the-lean-stack-stays.md). A client with `cacheMiddleware` keeps the context of each
 * command's middlewares. The endpoint, the authentication scheme and the user agent are the same for all calls of a
 * command, so the SDK's own middlewares compute them only for the first call.
 *
 * - The logger middleware is removed, because the clients have no logger.
 * - The serializer gets only the settings that it reads, because it copies its settings twice per call.
 * - A single middleware sets `host` and `content-length`, without copying all headers.
 *
 * Don't use this for S3, whose endpoint depends on the bucket.
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
  // The plugin has also set these reduced settings on the protocol. Restore the full settings, which the protocol needs.
  protocol.setSerdeContext(config);
  const isScheme = (context: Context) => context.__smithy_context?.selectedHttpAuthScheme !== undefined;
  replace(stack, stack, 'httpAuthSchemeMiddleware', (middleware) => untilDone(middleware, isScheme));
  replace(stack, stack, 'getUserAgentMiddleware', keepUserAgent);
  // Replace the endpoint middleware in `concat`, because each command adds its own endpoint middleware when its stack is
  // built.
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
 * Replaces the middleware named `name`, which `source` added to the stack. If `source` has no such middleware, the stack
 * stays unchanged: calls are slower, but still correct. test/unit/adapters/lean-clients.test.ts checks that the
 * installed SDK has all of these middlewares.
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

/** Skips the middleware if the command's context already contains the middleware's result from an earlier call. */
function untilDone(middleware: Middleware, isDone: (context: Context) => boolean): Middleware {
  return (next, context) => {
    const first = middleware(next, context);
    return (args) => (isDone(context) ? next(args) : first(args));
  };
}

/** Reuses the user agent of the command's first call. */
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

/** Sets `host` and, if the request has a body, `content-length`. */
const addressed: Middleware = (next) => (args) => {
  const { headers, hostname, port } = args.request;
  const body = args.request.body as string | Uint8Array | undefined;
  headers.host = port === undefined ? hostname : `${hostname}:${port}`;
  if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
  return next(args);
};
