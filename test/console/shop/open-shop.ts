import type { Schema } from 'errand-client';
import { headerFor } from '../../helpers/keys.ts';
import { startCloud, type Cloud } from '../../helpers/cloud.ts';

export interface Shop {
  readonly cloud: Cloud;
  /** The console's URL. */
  readonly url: string;
  /** An API key with all scopes, and a key with only the `read` scope. */
  readonly adminKey: string;
  readonly readKey: string;
  submit(job: Submission): Promise<string>;
  readonly call: <Body>(method: string, path: string, body?: object) => Promise<Body>;
  ended(jobId: string): Promise<Schema<'Job'>>;
  end(): Promise<void>;
}

export interface Submission {
  readonly type: string;
  readonly payload: object;
  readonly object_id?: string;
  readonly tags?: readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly delay_seconds?: number;
}

/** Starts a deployment that runs the shop's jobs and uses API keys. */
export async function openShop(): Promise<Shop> {
  const cloud = await startCloud({
    JOBS: 'test/console/shop/jobs.ts',
    AUTH: 'api-key',
    JOB_TIMEOUT: '600',
    JOB_PREFETCH: '6',
  });
  const admin = await headerFor(cloud, 'shop');
  const reader = await headerFor(cloud, 'shop', ['read']);
  const keyOf = ({ authorization }: { authorization: string }): string =>
    authorization.replace('Bearer ', '');
  const call = async <Body>(method: string, path: string, body?: object): Promise<Body> => {
    const answer = await cloud.api.call<Body>(method, path, body, admin);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return {
    cloud,
    url: `${cloud.api.url}/console`,
    adminKey: keyOf(admin),
    readKey: keyOf(reader),
    call,
    submit: async (job) => (await call<{ job_id: string }>('POST', '/v1/jobs', job)).job_id,
    async ended(jobId) {
      for (;;) {
        const job = await call<Schema<'Job'>>('GET', `/v1/jobs/${jobId}?wait=20`);
        if (job.end_time !== null) return job;
      }
    },
    end: () => cloud.end(),
  };
}

export interface Stock {
  readonly failed: string;
  readonly retried: string;
  readonly running: string;
  readonly held: string;
  readonly delayed: string;
}

/** Creates jobs in every state, and enough jobs to make the list scroll. */
export async function fillShop(shop: Shop): Promise<Stock> {
  const resized = Array.from({ length: 24 }, (_each, index) =>
    shop.submit({
      type: 'resize',
      object_id: `img-${1000 + index}`,
      payload: { image: `https://images.internal/product-${index}.jpg`, width: 800 },
      tags: ['catalog'],
    }),
  );
  const unreachable = Array.from({ length: 4 }, (_each, index) =>
    shop.submit({
      type: 'resize',
      object_id: `img-lost-${index}`,
      payload: { image: `https://images.internal/lost-${index}.jpg`, unreachable: true },
      tags: ['catalog'],
    }),
  );
  const charge = (order: string, card: string, customer: string) =>
    shop.submit({
      type: 'charge',
      object_id: `ord-${order}`,
      payload: { order, amount: 49.9, card },
      tags: [customer],
      metadata: { customer, shop: 'eu' },
    });
  const charges = ['7101', '7102', '7103'].map((order) => charge(order, 'valid', 'customer-41'));
  const failed = await charge('7104', 'declined', 'customer-42');
  const retried = await charge('7105', 'slow', 'customer-42');
  await Promise.all([...resized, ...unreachable, ...charges].map(async (id) => shop.ended(await id)));
  await Promise.all([failed, retried].map((id) => shop.ended(id)));
  const running = await shop.submit({
    type: 'import-products',
    object_id: 'products-2026-11',
    payload: { file: 'uploads/products.csv' },
    tags: ['nightly'],
  });
  const mail = (template: string, seconds: number) =>
    shop.submit({
      type: 'send-mail',
      object_id: `mail-${template}`,
      payload: { customer: 'customer-42', template, seconds },
      tags: ['customer-42'],
    });
  const sending = await mail('receipt', 500);
  await untilRunning(shop, [running, sending]);
  const held = await mail('shipped', 0);
  await fillOtherScreens(shop);
  const delayed = await shop.submit({
    type: 'charge',
    object_id: 'ord-7200',
    payload: { order: '7200', amount: 12 },
    delay_seconds: 3600,
    tags: ['customer-41'],
  });
  return { failed, retried, running, held, delayed };
}

/** Creates a schedule, a batch and a message. */
async function fillOtherScreens({ call }: Shop): Promise<void> {
  await call('PUT', '/v1/schedules/nightly-import', {
    cron: '0 2 * * ? *',
    timezone: 'Europe/Istanbul',
    job: { type: 'charge', payload: { order: 'nightly', amount: 1 } },
  });
  await call('POST', '/v1/jobs/batch', {
    batch: { id: 'import-42' },
    jobs: ['1', '2', '3'].map((order) => ({ type: 'charge', payload: { order, amount: 9 } })),
  });
  await call('POST', '/v1/messages', { to: '+905551111111', content: 'Your order is packed.' });
}

async function untilRunning({ cloud, adminKey }: Shop, jobIds: readonly string[]): Promise<void> {
  const headers = { authorization: `Bearer ${adminKey}` };
  for (const jobId of jobIds) {
    for (;;) {
      const { body } = await cloud.api.call<Schema<'Job'>>('GET', `/v1/jobs/${jobId}`, undefined, headers);
      if (body.status === 'running') break;
    }
  }
}
