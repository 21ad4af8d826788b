import type { Clock } from './clock.ts';
import { CLIENT_ERRORS, ErrandError, retryAfterSeconds } from './errand-error.ts';

/** The retry settings. */
export interface Retries {
  /** The maximum number of retries per request. */
  readonly limit: number;
  readonly clock: Clock;
}

export interface Exchange {
  /** The request's name in error messages, such as `POST https://…/v1/jobs`. */
  readonly name: string;
  /** Whether the request is idempotent. */
  readonly isIdempotent: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Sends the request. Called once per attempt. */
  readonly send: () => Promise<Response>;
}

/**
 * The longest `Retry-After` that the client waits for, in seconds. If the API asks for a longer wait, the client returns the error to the caller.
 */
const MAX_RETRY_AFTER = 30;

/** The initial and the maximum back-off if there is no `Retry-After`, in milliseconds. */
const BASE_PAUSE = 250;
const MAX_PAUSE = 8_000;

/** The maximum jitter added to `Retry-After`, as a fraction of its value. Jitter keeps many clients from retrying at the same time. */
const SPREAD = 0.25;

/**
 * How long the client retries a request while the database resumes, in milliseconds. Resuming takes 15 to 40 seconds, during which the API
 * holds each request for up to 25 seconds.
 */
export const RESUME_TIME = 90_000;

/** The problem type for requests that failed, without any effect, because the database was resuming. */
export const RESUMING = 'urn:errand:problem:resuming';

/** The status code for a request that API Gateway or Errand refused before it had an effect. */
const TOO_MANY_REQUESTS = 429;

/**
 * Status codes that don't tell whether the request had an effect. Errand's own 503 is included, because the database may have committed the change
 * even though the confirmation was lost.
 */
const UNCERTAIN = new Set([502, 503, 504]);

/**
 * Sends a request, with a limited number of retries. Retries any request after 429, and for up to 90 seconds while the database resumes. After 502,
 * 503, 504 or a failed connection, retries only idempotent requests. Also reads the response body, because the connection can fail while the body is
 * being transferred.
 *
 * @returns the last response, whatever its status code
 * @throws ErrandError if there was no response; the signal's reason once the signal is aborted
 */
export async function exchange(request: Exchange, { limit, clock }: Retries): Promise<Response> {
  const startedAt = clock.now();
  let attempt = 0;
  for (;;) {
    request.signal?.throwIfAborted();
    const outcome = await attemptOf(request);
    // While the database resumes, retries are limited by time, not by number.
    const resumes = limit > 0 && outcome instanceof Response && (await isResuming(outcome));
    const mayRepeat = resumes ? clock.now() - startedAt < RESUME_TIME : attempt < limit;
    const pause = mayRepeat ? pauseAfter(outcome, { ...request, resumes }, attempt, clock) : undefined;
    if (!resumes) attempt += 1;
    if (pause !== undefined) await clock.pause(pause, request.signal);
    else if (outcome instanceof Response) return outcome;
    else throw outcome;
  }
}

async function attemptOf({ name, isIdempotent, signal, send }: Exchange): Promise<Response | ErrandError> {
  try {
    const response = await send();
    const { status, statusText, headers } = response;
    const body = await response.arrayBuffer();
    return new Response(body.byteLength > 0 ? body : null, { status, statusText, headers });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ErrandError) throw error;
    const doubt = isIdempotent ? '' : ' Errand may have received the request.';
    const detail = `${name} got no response: ${reasonOf(error)}.${doubt}${adviceForPage()}`;
    return new ErrandError(CLIENT_ERRORS.noResponse, 'The API did not respond', detail, { cause: error });
  }
}

/** Whether the response means that the database is resuming, and that the request changed nothing. */
async function isResuming(response: Response): Promise<boolean> {
  if (response.status !== 503) return false;
  const body = (await response
    .clone()
    .json()
    .catch(() => undefined)) as { type?: unknown } | undefined;
  return body?.type === RESUMING;
}

/** Returns the milliseconds until the next attempt; undefined if the request must not be retried. */
function pauseAfter(
  outcome: Response | ErrandError,
  { isIdempotent, resumes }: Pick<Exchange, 'isIdempotent'> & { readonly resumes: boolean },
  attempt: number,
  clock: Clock,
): number | undefined {
  const isResponse = outcome instanceof Response;
  if (isResponse ? !isRepeatable(outcome.status, isIdempotent || resumes) : !isIdempotent) return undefined;
  const seconds = isResponse ? retryAfterSeconds(outcome.headers) : undefined;
  if (seconds === undefined) return backOff(BASE_PAUSE, attempt, clock);
  return seconds > MAX_RETRY_AFTER ? undefined : seconds * 1000 * (1 + clock.random() * SPREAD);
}

/** Whether a request may be retried after a response with this status code. */
export function isRepeatable(status: number, isIdempotent: boolean): boolean {
  return status === TOO_MANY_REQUESTS || (isIdempotent && UNCERTAIN.has(status));
}

/**
 * Returns the back-off before attempt number `attempt + 1`, in milliseconds. The back-off doubles with each attempt, up to 8 seconds. Jitter reduces
 * it by up to half.
 */
export function backOff(base: number, attempt: number, { random }: Clock): number {
  return Math.min(MAX_PAUSE, base * 2 ** attempt) * (0.5 + random() / 2);
}

/**
 * In a browser, returns a hint about CORS_ORIGINS, because browsers don't tell a page why they hide a response. Returns an empty string elsewhere.
 */
function adviceForPage(): string {
  const { location } = globalThis as { readonly location?: { readonly origin?: string } };
  return location?.origin === undefined
    ? ''
    : ` The browser also hides responses from pages whose origin is not in CORS_ORIGINS; this page's origin is ${location.origin}.`;
}

/** Returns the messages of an error and its causes. An error from Node's `fetch` says only that the request failed; its causes say why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause, message } = error;
  return cause instanceof Error && cause.message !== '' ? `${message}: ${reasonOf(cause)}` : message;
}
