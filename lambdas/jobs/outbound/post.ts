import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Host } from '../../access/host-entry.ts';
import { FinalError } from '../../job/errors.ts';
import { isAllowed } from './allowed-hosts.ts';
import { guardedLookup, publicAddressing, type Addressing } from './public-addresses.ts';

/**
 * The value of the `user-agent` header. The version is copied from package.json, which is not bundled; a test checks that
 * both versions are the same.
 */
export const USER_AGENT = 'errand/0.1.0';

/** An outbound request's allowed hosts and time limits. */
export interface OutboundRules {
  readonly allowedHosts: readonly Host[];
  /** The name of the setting with the allowed hosts, for error messages. @default WEBHOOK_ALLOWED_HOSTS */
  readonly setting?: string;
  /** @default - the system's resolver, and public addresses only */
  readonly addressing?: Addressing;
  readonly timeouts?: Timeouts;
}

const DEFAULT_TIMEOUTS: Timeouts = { connect: 5_000, answer: 30_000 };

/** The maximum number of redirects per POST. */
const MAX_REDIRECTS = 3;

/**
 * POSTs to an allowed host. The host's name must resolve to public addresses only. A non-public address is allowed only if
 * the allow-list contains the address itself. Follows redirects that keep the POST method (307, 308) and the origin.
 *
 * @throws FinalError for a host, an address or a redirect that is not allowed; also throws the errors of {@link exchange}
 */
export async function post(
  url: URL,
  message: Message,
  signal: AbortSignal,
  rules: OutboundRules,
): Promise<Answer> {
  const { allowedHosts, addressing = publicAddressing, timeouts = DEFAULT_TIMEOUTS } = rules;
  const { setting = 'WEBHOOK_ALLOWED_HOSTS' } = rules;
  const options = { signal, timeouts, lookup: guardedLookup(addressing, setting) };
  let target = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    if (!isAllowed(target, allowedHosts)) {
      throw new FinalError(`${target.origin} is not one of the hosts in the ${setting} setting`);
    }
    const answer = await exchange(target, message, options);
    const next = redirectOf(answer);
    if (!next) return answer;
    target = next;
  }
  throw new FinalError(`${url.host} redirects more than ${MAX_REDIRECTS} times`);
}

/** Returns a redirect's target; undefined for other responses. */
function redirectOf({ url, status, headers }: Answer): URL | undefined {
  if (status === 301 || status === 302 || status === 303) {
    throw new FinalError(
      `${url.host} responded with ${status}, which turns a POST into a GET: only 307 and 308 are followed`,
    );
  }
  if (status !== 307 && status !== 308) return undefined;
  const next = URL.parse(headers.location ?? '', url.href);
  if (!next || headers.location === undefined) {
    throw new FinalError(`${url.host} responded with ${status}, but without a valid URL as the location`);
  }
  if (next.origin !== url.origin) {
    throw new FinalError(
      `${url.host} redirects to ${next.origin}: redirects to other hosts are not followed`,
    );
  }
  return next;
}

/** A body to POST, with its headers. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A receiver's response. */
export interface Answer {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The beginning of the response body: at most {@link MAX_ANSWER_BYTES}. */
  readonly body: Buffer;
  /** Whether the body was longer than {@link MAX_ANSWER_BYTES}, or the connection broke before the end of the body. */
  readonly isTruncated: boolean;
}

/** The maximum number of bytes read from a response body. If the body is longer, the connection is closed. */
export const MAX_ANSWER_BYTES = 16 * 1024;

/** Time limits, in milliseconds. */
export interface Timeouts {
  /** The time limit from the DNS query to the end of the TLS handshake. */
  readonly connect: number;
  /** The time limit from the end of the TLS handshake to the end of the response. */
  readonly answer: number;
}

export interface ExchangeOptions {
  /** Aborts the request. */
  readonly signal: AbortSignal;
  readonly lookup: LookupFunction;
  readonly timeouts: Timeouts;
}

/**
 * Sends one POST over a new connection, without proxies or redirects.
 *
 * @throws FinalError from the lookup; a retryable Error that names the host if the connection fails or times out; the
 * signal's reason if the request is aborted
 */
export async function exchange(url: URL, message: Message, options: ExchangeOptions): Promise<Answer> {
  const { signal, lookup, timeouts } = options;
  const { request: send } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http');
  const request = send(url, {
    method: 'POST',
    headers: { ...message.headers, 'content-length': String(message.body.length) },
    // Always open a new connection, because the receiver may have closed a pooled one while this sandbox was frozen.
    agent: false,
    lookup,
    signal,
  });

  const giveUpAfter = (milliseconds: number, failure: string): NodeJS.Timeout =>
    setTimeout(() => {
      request.destroy(new Error(`${failure} within ${milliseconds / 1000} s`));
    }, milliseconds);
  let timer = giveUpAfter(timeouts.connect, 'no connection');
  request.once('socket', (socket) => {
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      timer = giveUpAfter(timeouts.answer, 'none');
    });
  });

  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve).on('error', reject).end(message.body);
    });
    const body = await readBeginning(response);
    signal.throwIfAborted();
    return { url, status: response.statusCode ?? 0, headers: response.headers, ...body };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FinalError) throw error;
    throw new Error(`No response from ${url.host}: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reads the beginning of a body. A connection lost partway through the body is not an error: only the status matters, and the
 * status has already arrived.
 */
async function readBeginning(response: IncomingMessage): Promise<{ body: Buffer; isTruncated: boolean }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isWhole = true;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      // Leaving the loop closes the connection.
      if (bytes > MAX_ANSWER_BYTES) break;
    }
  } catch {
    isWhole = false;
  }
  return {
    body: Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES),
    isTruncated: !isWhole || bytes > MAX_ANSWER_BYTES,
  };
}

/**
 * Returns an error's code, such as ECONNREFUSED, or its message if it has no code. The code is preferred because a message
 * may reveal the IP address.
 */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
