import { describe, expect, it } from '@jest/globals';
import {
  getWebhookKey,
  KeyGenerationError,
  rotateWebhookKey,
  type KeyStore,
} from '../../../lambdas/webhook-key/manage-key.ts';
import { deriveWebhookKey, webhookKeyText } from '../../../lambdas/webhook-key/webhook-key.ts';
import { entryOf } from '../../helpers/audit-entries.ts';

const SECRET = 'a secret';
const readSecret = (): Promise<string> => Promise.resolve(SECRET);
const ROTATION = { tenant: 'acme', generation: 1, overlapSeconds: 60 };
const ENTRY = entryOf('webhook_key.rotate');
const FIRST = { generation: 1, rotate_time: null, previous_until: null };
const SECOND = {
  generation: 2,
  rotate_time: '2030-01-31T12:00:00.000Z',
  previous_until: '2030-02-01T12:00:00.000Z',
};

/** Creates a store that returns the given results and records its calls. */
function storeOf(applied: boolean, keys = SECOND): KeyStore & { asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    asked,
    read: () => Promise.resolve(FIRST),
    rotate(rotation, entry) {
      asked.push([rotation, entry]);
      return Promise.resolve({ applied, keys });
    },
  };
}

describe('the key of a tenant that never rotated it', () => {
  it('is the first generation’s', async () => {
    const key = webhookKeyText(deriveWebhookKey(SECRET, 'acme', 1));
    expect(await getWebhookKey('acme', { store: storeOf(true), readSecret })).toEqual({ key, ...FIRST });
  });
});

describe('a rotation', () => {
  it('returns the new key, and until when the previous one signs', async () => {
    const store = storeOf(true);
    const key = webhookKeyText(deriveWebhookKey(SECRET, 'acme', 2));
    expect(await rotateWebhookKey(ROTATION, ENTRY, { store, readSecret })).toEqual({ key, ...SECOND });
    expect(store.asked).toEqual([[ROTATION, ENTRY]]);
  });

  it('of a generation that is not current is refused without showing a key', async () => {
    const refusal = rotateWebhookKey(ROTATION, ENTRY, {
      store: storeOf(false, { ...SECOND, generation: 7 }),
      readSecret,
    });
    await expect(refusal).rejects.toThrow(KeyGenerationError);
    await expect(refusal).rejects.toThrow(/^Generation 1 .* current one is generation 7\./);
    await expect(refusal).rejects.not.toThrow(/whsec_/);
  });

  it('without the secret changes nothing, because nobody would get the new key', async () => {
    const store = storeOf(true);
    const rotating = rotateWebhookKey(ROTATION, ENTRY, {
      store,
      readSecret: () => Promise.reject(new Error('The secret is away.')),
    });
    await expect(rotating).rejects.toThrow('The secret is away.');
    expect(store.asked).toEqual([]);
  });
});
