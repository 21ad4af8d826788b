import type { SubmittedView } from '../helpers/api-client.ts';

/** Calls the API as the tenant, and returns the body of a successful response. */
export type Ask = <Body>(method: string, path: string, body?: unknown) => Promise<Body>;

export interface Furniture {
  /** The ids of the tenant's resources, by path parameter. Each parameter has two ids, for resources in different states. */
  readonly owned: Record<string, string[]>;
  /** The signing keys of the tenant's webhooks. */
  readonly webhookKeys: string[];
}

/** Returns the object_id of the tenant's first job. */
export function objectOf(canary: string): string {
  return `${canary}-object`;
}

/**
 * Creates a resource of every kind that an operation's path can identify.
 *
 * @param canary a string that every created string contains
 */
export async function furnish(ask: Ask, canary: string): Promise<Furniture> {
  const object = objectOf(canary);
  const late = { payload: { seconds: 0 }, delay_seconds: 3600, tags: [object], metadata: { object } };
  const body = { jobs: [{ object_id: object, ...late }], batch: { id: 'first-open', more: true } };
  const { items } = await ask<{ items: [{ job: SubmittedView }] }>('POST', '/v1/jobs/batch', body);
  const canceled = await ask<SubmittedView>('POST', '/v1/jobs', {
    object_id: `${object}-canceled`,
    ...late,
  });
  await ask('POST', `/v1/jobs/${canceled.job_id}/cancel`);
  const messages = [];
  for (const content of [canary, `${canary}-again`]) {
    messages.push(
      await ask<{ message_id: string }>('POST', '/v1/messages', { to: '+905551111111', content }),
    );
  }
  // The first firing is far in the future, so that the tenant's data changes only if another tenant changes it.
  const startAt = new Date(Date.now() + 86_400_000).toISOString();
  const schedule = { rate: '1 day', start_at: startAt, job: { type: 'sleep', payload: { seconds: 0 } } };
  await ask('PUT', '/v1/schedules/first-started', schedule);
  await ask('PUT', '/v1/schedules/first-stopped', { ...schedule, state: 'stopped' });
  await ask('PUT', '/v1/job-types/send_messages/pause');
  for (const key of [canary, `${canary}/again`])
    await ask('PUT', `/v1/concurrency-keys?key=${encodeURIComponent(key)}`, { limit: 1 });
  await ask('POST', '/v1/jobs/batch', { jobs: [], batch: { id: 'first-closed' } });
  const { key: previous } = await ask<{ key: string }>('GET', '/v1/webhook-key');
  const { key } = await ask<{ key: string }>('POST', '/v1/webhook-key/rotate', { generation: 1 });
  const apiKeys = [];
  for (const name of [canary, `${canary}-revoked`]) {
    apiKeys.push(await ask<{ key_id: string }>('POST', '/v1/api-keys', { name, scopes: ['read'] }));
  }
  await ask('POST', `/v1/api-keys/${apiKeys[1]?.key_id ?? ''}/revoke`);
  const owned = {
    job_id: [items[0].job.job_id, canceled.job_id],
    message_id: messages.map(({ message_id: id }) => id),
    name: ['first-started', 'first-stopped'],
    batch_id: ['first-open', 'first-closed'],
    key_id: apiKeys.map(({ key_id: keyId }) => keyId),
  };
  return { owned, webhookKeys: [previous, key] };
}
