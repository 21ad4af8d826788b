import { setTimeout as wait } from 'node:timers/promises';
import type { Access, Answer, HistoryRecorder } from './history/recorder.ts';
import type { Ledger } from './ledger.ts';
import type { Tenant } from './schedule.ts';

/** The delay before the first retry of a request, in milliseconds. The delay grows with each retry. */
const BACK_OFF_MS = 250;
/** The maximum delay before a retry, in milliseconds. The maximum also applies to Retry-After, because a run is short. */
const MOST_BACK_OFF_MS = 2_000;
/** The timeout of a request, in milliseconds. The timeout is longer than API Gateway's maximum of 30 s. */
const REQUEST_MS = 35_000;

/** Each tenant's headers, which contain its API key. */
export type Keys = Readonly<Record<Tenant, { readonly authorization: string }>>;

/** A request to send, and its maximum number of tries. */
export interface Wanted {
  readonly tenant: Tenant;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly tries: number;
  /** The request's effect on jobs; undefined if the history should not contain the request. */
  readonly access?: Access;
  /** Called before each try. */
  readonly onSend?: () => void;
}

/** Sends the clients' requests, retries them, and records them in the history. */
export class Requests {
  readonly #url: string;
  readonly #keys: Keys;
  readonly #counts: Ledger['counts'];
  readonly #history: HistoryRecorder;
  readonly #signal: AbortSignal;

  constructor(
    { url, keys }: { readonly url: string; readonly keys: Keys },
    { counts }: Ledger,
    history: HistoryRecorder,
    signal: AbortSignal,
  ) {
    this.#url = url;
    this.#keys = keys;
    this.#counts = counts;
    this.#history = history;
    this.#signal = signal;
  }

  /** Sends a request, retrying until the response is neither 5xx nor 429. @returns undefined if every try got a 5xx, a 429 or no response */
  async send(wanted: Wanted): Promise<Answer | undefined> {
    const { tenant, tries, access, onSend } = wanted;
    for (let sent = 1; ; sent += 1) {
      onSend?.();
      this.#counts.requests += 1;
      const record = access && this.#history.begin(tenant, access);
      const { answer, backOffMs = BACK_OFF_MS * sent } = await this.#try(wanted);
      record?.(answer);
      if (answer || sent >= tries) return answer;
      await wait(Math.min(backOffMs, MOST_BACK_OFF_MS), undefined, { signal: this.#signal });
    }
  }

  async #try({ tenant, method, path, body }: Wanted): Promise<{ answer?: Answer; backOffMs?: number }> {
    const content = body !== undefined && { 'content-type': 'application/json' };
    try {
      const response = await fetch(this.#url + path, {
        method,
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(REQUEST_MS)]),
        headers: { ...this.#keys[tenant], ...content },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.status < 500 && response.status !== 429)
        return { answer: { status: response.status, body: JSON.parse(text) as Answer['body'] } };
      if (response.status === 429) this.#counts.throttled += 1;
      else this.#counts.serverErrors += 1;
      const seconds = Number(response.headers.get('retry-after') ?? 0);
      return seconds > 0 ? { backOffMs: seconds * 1000 } : {};
    } catch {
      this.#signal.throwIfAborted();
      this.#counts.brokenConnections += 1;
      return {};
    }
  }
}
