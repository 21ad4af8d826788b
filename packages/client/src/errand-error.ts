import type { components } from './api.ts';

type Job = components['schemas']['Job'];
type FieldError = components['schemas']['FieldError'];

/** The types of errors that the client itself detects. All other types come from the API, as `urn:errand:problem:…`. */
export const CLIENT_ERRORS = {
  noResponse: 'urn:errand:client:no-response',
  unreadableResponse: 'urn:errand:client:unreadable-response',
  uploadRefused: 'urn:errand:client:upload-refused',
  jobFailed: 'urn:errand:client:job-failed',
  jobCanceled: 'urn:errand:client:job-canceled',
  jobNotEnded: 'urn:errand:client:job-not-ended',
} as const;

/** The optional fields of an {@link ErrandError}. */
interface Extra {
  readonly status?: number;
  readonly errors?: readonly FieldError[];
  readonly retryAfter?: number | undefined;
  readonly problem?: unknown;
  readonly job?: Job;
  readonly cause?: unknown;
}

/**
 * Thrown if the API refused a request or did not respond, or if a job failed.
 */
export class ErrandError extends Error {
  override readonly name = 'ErrandError';
  /**
   * The error type. The type is stable, so you can switch on it. The API's types begin with `urn:errand:problem:`, the client's with
   * `urn:errand:client:`.
   */
  readonly type: string;
  /** What this type of error means. All errors of the same type have the same title. */
  readonly title: string;
  /** What went wrong this time. */
  readonly detail: string;
  /** The HTTP status code; undefined if there was no response, or if the error reports a job that did not succeed. */
  readonly status: number | undefined;
  /** The invalid fields of the request. */
  readonly errors: readonly FieldError[];
  /** The number of seconds to wait before a retry, if the response has a `Retry-After` header. */
  readonly retryAfter: number | undefined;
  /** The response body: the problem document, or API Gateway's own response. */
  readonly problem: unknown;
  /** The job that did not succeed, if the error comes from `run.result()`. */
  readonly job: Job | undefined;

  constructor(type: string, title: string, detail: string, extra: Extra = {}) {
    super(extra.status === undefined ? detail : `${detail} (${extra.status})`, { cause: extra.cause });
    this.type = type;
    this.title = title;
    this.detail = detail;
    this.status = extra.status;
    this.errors = extra.errors ?? [];
    this.retryAfter = extra.retryAfter;
    this.problem = extra.problem;
    this.job = extra.job;
  }
}

/** Creates the error for a failed response, or for a refused item in a batch. */
export function problemError(status: number, problem: unknown, headers?: Headers): ErrandError {
  const fields = (typeof problem === 'object' ? problem : null) as Record<string, unknown> | null;
  const textOf = (name: string): string | undefined => {
    const value = fields?.[name];
    return typeof value === 'string' ? value : undefined;
  };
  const title = textOf('title') ?? `HTTP ${status}`;
  // API Gateway's own responses contain only a `message`.
  const detail =
    textOf('detail') ?? textOf('message') ?? textOf('title') ?? `The API responded with ${status}.`;
  return new ErrandError(textOf('type') ?? 'about:blank', title, detail, {
    status,
    problem,
    errors: Array.isArray(fields?.errors) ? (fields.errors as FieldError[]) : [],
    retryAfter: headers && retryAfterSeconds(headers),
  });
}

/**
 * Returns the seconds in `Retry-After`; undefined if the header is missing or not a number. Dates are not parsed, because neither Errand nor API
 * Gateway sends them.
 */
export function retryAfterSeconds(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim();
  const seconds = text ? Number(text) : NaN;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

/**
 * Returns the data from a response of {@link Errand.http}; undefined for a response without a body.
 *
 * @throws ErrandError for any status code other than 2xx
 */
export function dataOf<Data>({
  data,
  error,
  response,
}: {
  data?: Data;
  error?: unknown;
  response: Response;
}): Data extends undefined ? undefined : Exclude<Data, undefined> {
  if (!response.ok) throw problemError(response.status, error, response.headers);
  return data as Data extends undefined ? undefined : Exclude<Data, undefined>;
}
