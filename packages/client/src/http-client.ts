import createClient, { type Client, type Middleware } from 'openapi-fetch';
import type { components, paths } from './api.ts';
import { CLIENT_ERRORS, ErrandError } from './errand-error.ts';
import { exchange, type Retries } from './retries.ts';

export type { paths } from './api.ts';

/** A schema from the API's OpenAPI document by name, such as `Schema<'Job'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

/** An openapi-fetch client with one method per HTTP method. The OpenAPI document determines the types of paths, bodies and responses. */
export type HttpClient = Client<paths>;

/** Sends a request, like `globalThis.fetch`. */
export type Fetch = (request: Request) => Promise<Response>;

/** An API key, a token, or a function that returns the current key or token. */
export type ApiKey = string | (() => string | Promise<string>);

/** Options for a single request. */
export interface RequestOptions {
  /** Aborts the request. The promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly apiKey: ApiKey | undefined;
  /** Sends the requests. If undefined, each request uses the current global `fetch`. */
  readonly fetch: Fetch | undefined;
  readonly retries: Retries;
}

/** The HTTP client and its retry options, shared by the client's operations. */
export interface Connection {
  readonly http: HttpClient;
  /** Options for a POST that is idempotent and can therefore be retried. */
  readonly idempotent: { readonly fetch: Fetch };
  readonly retries: Retries;
}

/** The HTTP methods that are idempotent by definition: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 */
const IDEMPOTENT_METHODS = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

export function connect({ url, apiKey, fetch: send, retries }: ConnectionOptions): Connection {
  const fetchWith =
    (isIdempotent: (request: Request) => boolean): Fetch =>
    async (request) => {
      const key = typeof apiKey === 'function' ? await apiKey() : apiKey;
      if (key !== undefined) request.headers.set('authorization', `Bearer ${key}`);
      const { method, signal } = request;
      return exchange(
        {
          name: `${method} ${request.url}`,
          isIdempotent: isIdempotent(request),
          signal,
          // A request body can be sent only once. Sending a clone keeps the original's body for the next attempt.
          send: () => (send ?? globalThis.fetch)(request.clone()),
        },
        retries,
      );
    };
  const http = createClient<paths>({
    baseUrl: url.replace(/(?<!\/)\/+$/, ''),
    fetch: fetchWith(({ method }) => IDEMPOTENT_METHODS.has(method)),
  });
  http.use(requireJson);
  return { http, idempotent: { fetch: fetchWith(() => true) }, retries };
}

/** Requires a JSON response. HTML instead of JSON usually means a wrong URL, or a proxy that requires a login. */
const requireJson: Middleware = {
  onResponse({ request, response, options }) {
    const type = response.headers.get('content-type');
    const isJson = response.body === null || (type !== null && /[/+]json\b/i.test(type));
    if (!response.ok || options.parseAs !== 'json' || isJson) return;
    throw new ErrandError(
      CLIENT_ERRORS.unreadableResponse,
      'The response is not JSON',
      `${request.method} ${request.url} got ${type ?? 'no content type'} instead of JSON. Is "url" the URL of an Errand API, from the stack output ApiUrl?`,
      { status: response.status },
    );
  },
};
