import { AsyncLocalStorage } from 'node:async_hooks';
import type * as Http from 'node:http';
import type * as Https from 'node:https';
import { buildQueryString, HttpResponse, type HttpHandler } from '@smithy/core/protocols';
import type { HttpRequest } from '@smithy/types';
import { prepareConnections, type PreparedConnections } from './prepared-connections.ts';

/** The current work's abort signal; see {@link callingUntil}. */
const ends = new AsyncLocalStorage<AbortSignal>();

/**
 * Runs work with an abort signal for its AWS calls. When the signal fires, calls in progress are aborted, and later calls
 * fail immediately. Without an abort signal, an earlier invocation's unfinished work would resume when a frozen sandbox
 * thaws, and would continue to write even though its request was answered long ago.
 */
export function callingUntil<Result>(signal: AbortSignal, work: () => Result): Result {
  return ends.run(signal, work);
}

/** Returns the current work's abort signal, or undefined outside {@link callingUntil}. */
export function endOfWork(): AbortSignal | undefined {
  return ends.getStore();
}

/** Limits for a single call, in addition to the HTTP handler's own limits. */
export interface CallLimits {
  /** Aborts the call. */
  readonly signal: AbortSignal;
  /** The time limit for the whole call, in milliseconds. @default - the handler's timeout */
  readonly requestTimeout?: number;
  /**
   * Whether the call opens a new connection. If a kept-alive connection died while the sandbox was frozen, a call on that
   * connection would notice only at its timeout, which may be long.
   *
   * @default false
   */
  readonly isOnNewConnection?: boolean;
}

const limits = new AsyncLocalStorage<CallLimits>();

/**
 * Runs a call with these limits. The SDK's `send` also accepts limits, but then rebuilds the command's middleware stack on
 * every call.
 */
export function callingWithin<Result>(given: CallLimits, call: () => Result): Result {
  return limits.run(given, call);
}

/** Returns the limits of the current call, or undefined outside {@link callingWithin}. */
export function callLimits(): CallLimits | undefined {
  return limits.getStore();
}

const rehearsals = new AsyncLocalStorage<true>();

/**
 * Runs calls without sending their requests. The HTTP handler only opens the connection that a request needs, and then
 * responds with an empty JSON object. After a rehearsal, the first real call is as fast as later calls.
 */
export function rehearsing<Result>(calls: () => Result): Result {
  return rehearsals.run(true, calls);
}

/** Makes a call, and observes its request and response. */
export type CallObserver = (request: HttpRequest, call: () => Promise<Answer>) => Promise<Answer>;

let observer: CallObserver | undefined;

/** Passes all later AWS calls of this function through the observer. */
export function observeCalls(added: CallObserver): void {
  observer = added;
}

/** Timeouts in milliseconds. */
export interface Times {
  /** The time limit for getting a connection, either from the pool or through DNS and TCP. */
  readonly connectionTimeout: number;
  /** The time limit for the whole call, up to the last byte of the response. */
  readonly requestTimeout: number;
}

/** The maximum number of sockets per host. The SDK's own handler has the same default. */
const MAX_SOCKETS = 50;

/**
 * Error codes of broken connections. Like the SDK's own handler, this handler reports them as timeouts, which the SDK
 * retries.
 */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

type Module = Pick<typeof Http | typeof Https, 'request' | 'Agent'>;
interface Answer {
  readonly response: HttpResponse;
}

/**
 * Sends the SDK's requests over keep-alive connections. Replaces the SDK's NodeHttpHandler, and rejects with the same errors.
 * Supports only the features that AWS's JSON services need (docs/decisions/0019-lean-lambdas.md): a body is a string or
 * bytes, never a stream. Resolves with the complete response, so `requestTimeout` also covers the body.
 *
 * `handle` rejects with a `TimeoutError` if the call timed out or its connection broke, with an `AbortError` if the call was
 * aborted or its work has ended ({@link callingUntil}), and otherwise with Node's error.
 */
export function createHttpHandler(times: Times): HttpHandler<Times> {
  const pools = new Map<string, { module: Module; agent: Http.Agent; prepared: PreparedConnections }>();
  const poolOf = (protocol: string) => {
    let pool = pools.get(protocol);
    if (!pool) {
      // Load Node's module on the first call, because loading TLS takes longer than loading the rest of the function.
      const module = process.getBuiltinModule(protocol === 'http:' ? 'node:http' : 'node:https');
      const agent = new module.Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
      pool = { module, agent, prepared: prepareConnections(agent) };
      pools.set(protocol, pool);
    }
    return pool;
  };
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle(request, options = {}) {
      if (rehearsals.getStore()) return rehearse(request, poolOf(request.protocol).prepared);
      // Don't use AbortSignal.any, because it takes 20 µs.
      const given = callLimits();
      const signals = [options.abortSignal as AbortSignal | undefined, given?.signal, endOfWork()].filter(
        (signal) => signal !== undefined,
      );
      const requestTimeout = given?.requestTimeout ?? options.requestTimeout ?? times.requestTimeout;
      const { module, agent } = poolOf(request.protocol);
      const way = { module, agent: given?.isOnNewConnection ? (false as const) : agent };
      const all = { ...times, requestTimeout };
      if (!observer) return send(request, way, all, signals);
      return observer(request, () => send(request, way, all, signals));
    },
    destroy() {
      for (const { agent, prepared } of pools.values()) {
        prepared.close();
        agent.destroy();
      }
    },
    httpHandlerConfigs: () => times,
    // The SDK's clients pass their logger and their service's timeouts to this method, which ignores them.
    updateHttpClientConfig: () => undefined,
  };
}

async function rehearse(request: HttpRequest, prepared: PreparedConnections): Promise<Answer> {
  await prepared.open(hostOf(request), request.port ?? (request.protocol === 'http:' ? 80 : 443));
  return { response: new HttpResponse({ statusCode: 200, headers: {}, body: Buffer.from('{}') }) };
}

function send(
  request: HttpRequest,
  { module, agent }: { module: Module; agent: Http.Agent | false },
  { connectionTimeout, requestTimeout }: Times,
  signals: readonly AbortSignal[],
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const aborted = signals.find((signal) => signal.aborted);
    if (aborted) {
      reject(abortError(aborted));
      return;
    }
    const sent = module.request({
      host: hostOf(request),
      port: request.port,
      method: request.method,
      path: pathOf(request),
      agent,
      headers: flat(request.headers),
    });
    const settle = (): void => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', onAbort);
    };
    const fail = (error: Error): void => {
      settle();
      sent.destroy();
      reject(error);
    };
    const onAbort = ({ target }: Event): void => {
      fail(abortError(target as AbortSignal));
    };
    // The call's only timer. The timer first limits the time for getting a connection, and then the rest of the call.
    let timer = setTimeout(() => {
      if (sent.socket?.connecting ?? true) {
        fail(timeoutError(`No connection to ${request.hostname} within ${connectionTimeout} ms.`));
        return;
      }
      timer = setTimeout(() => {
        fail(timeoutError(`No response from ${request.hostname} within ${requestTimeout} ms.`));
      }, requestTimeout - connectionTimeout);
    }, connectionTimeout);
    for (const signal of signals) signal.addEventListener('abort', onAbort, { once: true });

    const onError = (error: NodeJS.ErrnoException): void => {
      fail(BROKEN.has(error.code ?? '') ? Object.assign(error, { name: 'TimeoutError' }) : error);
    };
    sent.on('error', onError);
    sent.on('response', (message) => {
      const chunks: Buffer[] = [];
      message.on('data', (chunk: Buffer) => chunks.push(chunk));
      message.on('error', onError);
      message.on('end', () => {
        settle();
        resolve({ response: toResponse(message, chunks) });
      });
    });
    sent.end(request.body as string | Uint8Array | undefined);
  });
}

function toResponse(message: Http.IncomingMessage, chunks: Buffer[]): HttpResponse {
  const headers: Record<string, string> = {};
  for (const [name, value = ''] of Object.entries(message.headers)) {
    headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  const [first = Buffer.alloc(0)] = chunks;
  return new HttpResponse({
    statusCode: message.statusCode ?? -1,
    reason: message.statusMessage ?? '',
    headers,
    body: chunks.length > 1 ? Buffer.concat(chunks) : first,
  });
}

/**
 * Converts headers to a list of alternating names and values. Node accepts headers in this format and writes them without
 * copying.
 */
function flat(headers: HttpRequest['headers']): string[] {
  const list: string[] = [];
  for (const name of Object.keys(headers)) list.push(name, headers[name] ?? '');
  return list;
}

/** Returns the host, without the brackets around an IPv6 address. */
function hostOf({ hostname }: HttpRequest): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function pathOf({ path, query }: HttpRequest): string {
  const search = query ? buildQueryString(query) : '';
  return search === '' ? path : `${path}?${search}`;
}

function timeoutError(message: string): Error {
  return Object.assign(new Error(message), { name: 'TimeoutError', code: 'ETIMEDOUT' });
}

function abortError({ reason }: AbortSignal): Error {
  return Object.assign(new Error('The call was aborted.', { cause: reason }), { name: 'AbortError' });
}
