import type { Host } from '../../access/host-entry.ts';
import { FinalError } from '../../job/errors.ts';
import { isAllowed } from './allowed-hosts.ts';
import { exchange, type Answer, type Message, type Timeouts } from './exchange.ts';
import { guardedLookup, publicAddressing, type Addressing } from './guarded-lookup.ts';

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
