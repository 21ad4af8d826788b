import type { KeyGenerations, KeyStore } from '../../webhook-key/manage-key.ts';
import type { DataApi } from './data-api.ts';
import { entryParameters } from './sql/audit-entry.ts';
import { READ_WEBHOOK_KEY, ROTATE_WEBHOOK_KEY } from './sql/webhook-keys.ts';

/** The tenants' key generations, in Aurora. */
export function createWebhookKeyStore(dataApi: DataApi): KeyStore {
  return {
    async read(tenant) {
      const [keys] = await dataApi.query<KeyGenerations>(READ_WEBHOOK_KEY, { tenant });
      if (!keys) throw new Error(`${READ_WEBHOOK_KEY.name} returned no row.`);
      return keys;
    },

    async rotate({ tenant, generation, overlapSeconds }, entry) {
      const parameters = { tenant, generation, overlap_seconds: overlapSeconds, ...entryParameters(entry) };
      const [row] = await dataApi.query<{ keys: KeyGenerations; applied: boolean }>(
        ROTATE_WEBHOOK_KEY,
        parameters,
      );
      if (!row) throw new Error(`${ROTATE_WEBHOOK_KEY.name} returned no row.`);
      return row;
    },
  };
}
