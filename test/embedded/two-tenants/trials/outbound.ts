import { expect } from '@jest/globals';
import type { Schema } from 'errand-client';
import type { JobView, ProblemView, SubmittedView } from '../../../helpers/api-client.ts';
import { opened } from '../../../helpers/webhook-receiver.ts';
import type { Tenant } from '../tenant.ts';
import type { Trial } from '../side-effects.ts';

export const MESSAGES: Trial = {
  title: 'a run that sends messages sends only its own tenant’s messages',
  async attack(attacker, { messages }) {
    const earlier = messages.received.length;
    const message = { to: '+905551111111', content: 'from the attacker' };
    await attacker.post('/v1/messages', message);
    const job = await attacker.run({ type: 'send_messages', payload: { limit: 100 } });
    expect(job).toMatchObject({ status: 'success', result: { sent: 1, failed: 0, retried: 0 } });
    const sent = messages.received.slice(earlier);
    expect(sent.map(({ body }) => JSON.parse(body.toString()) as unknown)).toEqual([message]);
  },
};

/** Waits until the jobs' callbacks have been sent. */
async function outcomesOf(tenant: Tenant, jobs: readonly { job_id: string }[]): Promise<void> {
  for (const { job_id: id } of jobs) {
    const { callback_job_id: callbackId } = await tenant.get<{ callback_job_id: string }>(`/v1/jobs/${id}`);
    expect(await tenant.ended(callbackId)).toMatchObject({ status: 'success' });
  }
}

export const CALLBACKS: Trial = {
  title: 'a callback reports its own tenant’s job, to a host that the tenant may call',
  async attack(attacker, { open, victim }) {
    const path = `/callbacks-of-${attacker.name}`;
    const job = { payload: { seconds: 0 }, callback_url: open.origin + path };
    const alone = await attacker.run(job);
    const { items } = await attacker.post<{ items: { job: SubmittedView }[] }>('/v1/jobs/batch', {
      jobs: [job, { ...job, delay_seconds: 600 }],
    });
    const [inBatch, delayed] = items.map((item) => item.job);
    await attacker.ended(inBatch?.job_id ?? '');
    await attacker.post(`/v1/jobs/${delayed?.job_id}/cancel`);
    const jobs = [alone, inBatch, delayed] as JobView[];
    await outcomesOf(attacker, jobs);
    await attacker.post(`/v1/jobs/${delayed?.job_id}/retry`);
    await attacker.ended(delayed?.job_id ?? '');
    await outcomesOf(attacker, jobs.slice(2));

    const told = open.receivedAt(path).map(({ body }) => JSON.parse(body.toString()) as JobView);
    // Callbacks of different jobs may arrive in any order.
    const byJob = told.toSorted((one, other) =>
      one.job_id < other.job_id ? -1 : one.job_id > other.job_id ? 1 : 0,
    );
    expect(byJob.map(({ job_id: id, status }) => [id, status])).toEqual([
      [alone.job_id, 'success'],
      [inBatch?.job_id, 'success'],
      [delayed?.job_id, 'canceled'],
      [delayed?.job_id, 'success'],
    ]);

    const refusal = async (origin: string): Promise<string> => {
      const refused = { ...job, callback_url: `${origin}/` };
      const { status, body } = await attacker.call<ProblemView>('POST', '/v1/jobs', refused);
      return `${status} ${JSON.stringify(body.errors)}`.replaceAll(origin, 'the origin');
    };
    expect(await refusal(victim.receiver.origin)).toBe(await refusal('http://127.0.0.1:9'));
  },
};

export const WEBHOOK_KEYS: Trial = {
  title: 'a rotation changes only its own tenant’s key, and no tenant signs with another’s key',
  async attack(attacker, { open, victim }) {
    const [genuine] = victim.receiver.receivedAt('/callback');
    if (!genuine) throw new Error('The victim got no callback.');
    const told = opened(genuine, victim.webhookKey);
    expect(told).toMatchObject({ kind: 'callback' });

    const { key: first } = await attacker.get<Schema<'WebhookKey'>>('/v1/webhook-key');
    const rotation = { generation: 1, overlap_seconds: 0 };
    const { key } = await attacker.post<Schema<'WebhookKey'>>('/v1/webhook-key/rotate', rotation);
    const url = `${open.origin}/forged-by-${attacker.name}`;
    await attacker.run({ type: 'webhook', payload: { url, body: told?.body } });
    const forged = open.receivedAt(new URL(url).pathname);
    expect(forged.map(({ body }) => JSON.parse(body.toString()) as unknown)).toEqual([told?.body]);
    const openedBy = (candidate: string) => forged.map((request) => opened(request, candidate)?.kind);
    expect([key, first, victim.webhookKey].map(openedBy)).toEqual([['webhook'], [undefined], [undefined]]);
    expect(await victim.get('/v1/webhook-key')).toMatchObject({ key: victim.webhookKey, generation: 1 });
  },
};
