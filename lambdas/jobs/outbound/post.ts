import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Host } from '../../access/host-entry.ts';
import { FinalError } from '../../job/errors.ts';
import { isAllowed } from './allowed-hosts.ts';
import { guardedLookup, publicAddressing, type Addressing } from './public-addresses.ts';

/** The sender, with the version of package.json. A test compares the two, because the file is not bundled. */
export const USER_AGENT = 'errand/0.1.0';

/** Where a request may go to, and how long it may take. */
export interface OutboundRules {
  readonly allowedHosts: readonly Host[];
  /** The setting that they come from, for refusals; by default WEBHOOK_ALLOWED_HOSTS. */
  readonly setting?: string;
  /** By default the public internet. */
  readonly addressing?: Addressing;
  readonly timeouts?: Timeouts;
}

const DEFAULT_TIMEOUTS: Timeouts = { connect: 5_000, answer: 30_000 };

/** The most redirects that one POST follows. */
const MAX_REDIRECTS = 3;

/**
 * POSTs to a host of the allow-list, at the public addresses that its name has at that moment; an address is connected to
 * only where the list names it itself. Redirects that keep the POST (307, 308) are followed on the same origin.
 *
 * @throws FinalError for a host, an address or a redirect that is not followed; otherwise as {@link exchange}
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
      throw new FinalError(`${target.origin} is not among the hosts of the setting ${setting}`);
    }
    const answer = await exchange(target, message, options);
    const next = redirectOf(answer);
    if (!next) return answer;
    target = next;
  }
  throw new FinalError(`${url.host} redirects more than ${MAX_REDIRECTS} times`);
}

/** Where an answer sends the same POST; undefined for one that is no redirect. */
function redirectOf({ url, status, headers }: Answer): URL | undefined {
  if (status === 301 || status === 302 || status === 303) {
    throw new FinalError(
      `${url.host} answered ${status}, after which a POST becomes a GET: only 307 and 308 are followed`,
    );
  }
  if (status !== 307 && status !== 308) return undefined;
  const next = URL.parse(headers.location ?? '', url.href);
  if (!next || headers.location === undefined) {
    throw new FinalError(`${url.host} answered ${status} without a location that is a URL`);
  }
  if (next.origin !== url.origin) {
    throw new FinalError(`${url.host} redirects to ${next.origin}: redirects stay on their own host`);
  }
  return next;
}

/** Bytes to POST, with their headers. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What a receiver answered. */
export interface Answer {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** At most {@link MAX_ANSWER_BYTES}. */
  readonly body: Buffer;
  /** The body went on, or its connection broke: this is its beginning. */
  readonly isTruncated: boolean;
}

/** The most of an answer's body that is read, in bytes. The rest stays where it is: its connection is closed. */
export const MAX_ANSWER_BYTES = 16 * 1024;

/** In milliseconds. */
export interface Timeouts {
  /** From the first question to the DNS to the end of the TLS handshake. */
  readonly connect: number;
  /** From then on to the end of the answer. */
  readonly answer: number;
}

export interface ExchangeOptions {
  /** Stops everything at once. */
  readonly signal: AbortSignal;
  readonly lookup: LookupFunction;
  readonly timeouts: Timeouts;
}

/**
 * One POST on a connection of its own, without proxies or redirects.
 *
 * @throws FinalError of the lookup; Error with the host's name for a connection that fails or takes too long, which another
 *   attempt may mend; the signal's reason
 */
export async function exchange(url: URL, message: Message, options: ExchangeOptions): Promise<Answer> {
  const { signal, lookup, timeouts } = options;
  const { request: send } = url.protocol === 'https:' ? https : http;
  const request = send(url, {
    method: 'POST',
    headers: { ...message.headers, 'content-length': String(message.body.length) },
    // A new connection each time: one from a pool may have been closed by the receiver while this sandbox was frozen.
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
    throw new Error(`No answer from ${url.host}: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** The status has come and counts, so a body that breaks off is no failure: sending again would not make it whole. */
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

/** The error's code, such as ECONNREFUSED: the messages of the system name addresses, which are nobody's business. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
