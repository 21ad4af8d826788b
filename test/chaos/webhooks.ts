import { setTimeout as wait } from 'node:timers/promises';
import type { Cloud } from '../helpers/cloud.ts';
import { opened, startReceiver, type Receiver } from '../helpers/webhook-receiver.ts';
import type { Ledger } from './ledger.ts';
import type { Keys } from './requests.ts';
import { TENANTS, type Tenant } from './schedule.ts';

/** The delay before a rotation request is retried, in milliseconds. */
const BACK_OFF_MS = 100;

interface WebhookKey {
  key: string;
  generation: number;
}

/**
 * A receiver for the tenants' webhooks. The receiver refuses the first request to paths such as `/north/flaky/1`, and all requests to paths such as
 * `/north/refused/1`.
 */
export interface ChaosReceiver extends Pick<Receiver, 'origin' | 'end'> {
  /** Reads the tenants' webhook keys, so that the receiver can check the signatures. Call this before any fault is injected. */
  readKeys(cloud: Cloud, keys: Keys): Promise<void>;
}

export async function startChaosReceiver({ strange }: Ledger): Promise<ChaosReceiver> {
  const keyOf: Record<string, string> = {};
  const receiver = await startReceiver((request, response, earlier) => {
    const { path } = request;
    const [, tenant = '', what] = path.split('/');
    // After a rotation, webhooks are signed with both keys, so the old key still verifies every request in the run.
    if (opened(request, keyOf[tenant] ?? '')?.kind !== 'webhook')
      strange.push(`${path} got a request whose signature is invalid.`);
    if (what === 'flaky' && earlier > 0) response.end('done');
    else response.writeHead(503, { 'retry-after': '1' }).end();
  });
  return {
    origin: receiver.origin,
    end: () => receiver.end(),
    async readKeys(cloud, keys) {
      for (const tenant of TENANTS) {
        const { body } = await cloud.api.call<WebhookKey>('GET', '/v1/webhook-key', undefined, keys[tenant]);
        keyOf[tenant] = body.key;
      }
    },
  };
}

/** Rotates the tenant's webhook key once, retrying the request until it is accepted or rejected for good. */
export async function rotateKey(
  cloud: Cloud,
  tenant: Tenant,
  { keys, ledger, signal }: { readonly keys: Keys; readonly ledger: Ledger; readonly signal: AbortSignal },
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const answer = await cloud.api
      .call<WebhookKey>('POST', '/v1/webhook-key/rotate', { generation: 1 }, keys[tenant])
      .catch(() => undefined);
    if (answer?.status === 200 && answer.body.generation === 2) return;
    if (answer && answer.status < 500 && answer.status !== 429) {
      ledger.strange.push(`The rotation of ${tenant}'s webhook key got ${answer.status}.`);
      return;
    }
    await wait(BACK_OFF_MS, undefined, { signal });
  }
}
