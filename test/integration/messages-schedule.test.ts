import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Schema } from 'errand-client';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { createSchedulerClient, eventOf, fire, placed } from '../helpers/firings.ts';
import { hasGap } from '../helpers/gaps.ts';
import { putSecret } from '../helpers/secrets.ts';
import { startReceiver, type Receiver } from '../helpers/webhook-receiver.ts';

let receiver: Receiver;
let cloud: Cloud;
let scheduler: SchedulerClient;

beforeAll(async () => {
  receiver = await startReceiver((_request, response) => response.writeHead(202).end());
  cloud = await startCloud({ MESSAGES_URL: `${receiver.origin}/messages` });
  scheduler = createSchedulerClient(cloud);
  await putSecret(cloud, 'MessagesSecretArn', 'a-key');
}, 120_000);

afterAll(async () => {
  scheduler.destroy();
  await cloud.end();
  await receiver.end();
});

const schedule = async () =>
  (await cloud.api.call<Schema<'Schedule'>>('GET', '/v1/schedules/send-messages')).body;

const sent = async () =>
  (await cloud.api.call<Schema<'MessagePage'>>('GET', '/messages/sent')).body.items.map(
    ({ content }) => content,
  );

describe('the send-messages schedule', () => {
  it('exists from the start, stopped and without an entry in EventBridge Scheduler', async () => {
    expect(await schedule()).toMatchObject({
      name: 'send-messages',
      rate: '2 minutes',
      cron: null,
      overlap: 'skip',
      state: 'stopped',
      job: { type: 'send_messages', payload: {}, max_attempts: 2, timeout_seconds: 46, callback_url: null },
      next_time: null,
      last_time: null,
    });
    expect(await placed(cloud, scheduler, '')).toEqual([]);
  });

  it('sends two of three messages immediately after its start, and the third at its next firing', async () => {
    for (const content of ['one', 'two', 'three']) {
      const posted = await cloud.api.call('POST', '/v1/messages', { to: '+905551111111', content });
      expect(posted.status).toBe(201);
    }
    const started = await cloud.api.call('PUT', '/jobs/start');
    expect(started).toMatchObject({ status: 200, body: { state: 'started', schedules: 1, not_started: [] } });

    // EventBridge Scheduler fires a rate schedule immediately, except on a target with this gap, where the test fires the schedule itself.
    if (hasGap('late-rates')) {
      await fire(cloud, await eventOf(cloud, scheduler, 'send-messages', new Date().toISOString()));
    }
    let { last_job_id: first } = await schedule();
    while (first === null) ({ last_job_id: first } = await schedule());
    expect(await cloud.api.finished(first)).toMatchObject({
      status: 'success',
      result: { sent: 2, failed: 0, retried: 0 },
    });
    expect(await sent()).toEqual(['two', 'one']);

    // EventBridge Scheduler would fire again after two minutes. Instead of waiting, the test fires the schedule itself.
    const { next_time: next } = await schedule();
    const fired = await fire(cloud, await eventOf(cloud, scheduler, 'send-messages', next ?? ''));
    expect(fired.verdict).toBe('fired');
    expect(await cloud.api.finished(fired.job_id ?? '')).toMatchObject({ result: { sent: 1 } });
    expect(await sent()).toEqual(['three', 'two', 'one']);
    expect(receiver.received).toHaveLength(3);
  });

  it('sends nothing when all schedules are stopped', async () => {
    const event = await eventOf(cloud, scheduler, 'send-messages', '2030-01-01T00:00:00Z');
    expect(await cloud.api.call('PUT', '/jobs/stop')).toMatchObject({ status: 200, body: { schedules: 1 } });
    expect(await placed(cloud, scheduler, '')).toEqual([]);
    expect(await fire(cloud, event)).toEqual({ verdict: 'stopped', job_id: null });
  });
});
