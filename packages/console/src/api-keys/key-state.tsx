import type { Schema } from 'errand-client';
import { useNow } from '../app/now.ts';
import { StatusShape } from '../parts/status.tsx';
import { Time } from '../parts/time.tsx';
import type { ApiKey } from './key-name.ts';

const STATES = {
  active: { tone: 'success', shape: 'success' },
  expired: { tone: 'idle', shape: 'canceled' },
  revoked: { tone: 'failed', shape: 'failed' },
} as const satisfies Record<Schema<'ApiKey'>['state'], unknown>;

/** Shows the key's state from the API's last response, or `expired` if the key has expired since then. */
export function KeyState({ apiKey }: { apiKey: ApiKey }) {
  const now = useNow();
  const isPast = apiKey.expire_time !== null && Date.parse(apiKey.expire_time) <= now;
  const state = apiKey.state === 'active' && isPast ? 'expired' : apiKey.state;
  const { tone, shape } = STATES[state];
  return (
    <span class={`status tone-${tone}`}>
      <StatusShape status={shape} />
      {state}
    </span>
  );
}

/** The period before expiry in which a key counts as "expiring soon", in milliseconds. */
const SOON = 7 * 86_400_000;

/** Shows when the key expires or was revoked. On a phone, the column has no header, so the cell contains the label. */
export function KeyEnd({ apiKey: { state, expire_time: expiry, revoke_time: revoked } }: { apiKey: ApiKey }) {
  const now = useNow();
  const at = revoked ?? expiry;
  if (at === null) {
    return (
      <span class="muted">
        never<span class="narrow-only"> ends</span>
      </span>
    );
  }
  const left = Date.parse(at) - now;
  return (
    <span class={state === 'active' && left < SOON ? 'tone-warning' : undefined}>
      <span class="narrow-only">{left > 0 ? 'ends ' : 'ended '}</span>
      <Time at={at} />
    </span>
  );
}
