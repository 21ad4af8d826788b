import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './api.ts';

export type { paths } from './api.ts';

/** A schema of the API's document by its name, such as `Schema<'Job'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

/** One method per HTTP method, with paths, bodies and answers typed by the document: see openapi-fetch. */
export type ErrandClient = Client<paths>;

export interface ErrandClientOptions {
  /** Where the API is: the stack's output `ApiUrl`, or `http://127.0.0.1:3000`. */
  readonly url: string;
  /**
   * Sent as `Authorization: Bearer …`.
   *
   * @default - nothing is sent
   */
  readonly apiKey?: string | undefined;
  /**
   * Makes the requests; one that signs them, for an API with AUTH=iam.
   *
   * @default globalThis.fetch
   */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/**
 * A client of Errand's API. An answer is `{ data, response }`, a refusal `{ error, response }` with the problem document; only a
 * broken connection throws.
 *
 * @example
 * const errand = createErrandClient({ url: 'http://127.0.0.1:3000' });
 * const { data: job, error } = await errand.POST('/v1/jobs', { body: { payload: { seconds: 2 } } });
 */
export function createErrandClient({ url, apiKey, fetch }: ErrandClientOptions): ErrandClient {
  return createClient<paths>({
    baseUrl: url.replace(/\/+$/, ''),
    ...(apiKey !== undefined && { headers: { authorization: `Bearer ${apiKey}` } }),
    ...(fetch && { fetch }),
  });
}
