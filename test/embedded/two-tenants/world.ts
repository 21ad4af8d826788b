import { setTimeout as wait } from 'node:timers/promises';
import type { Schema } from 'errand-client';
import type { JobView, SubmittedView } from '../../helpers/api-client.ts';
import { startCloud, type Cloud } from '../../helpers/cloud.ts';
import { putSecret } from '../../helpers/secrets.ts';
import { startReceiver, type Receiver } from '../../helpers/webhook-receiver.ts';
import { newTenant, type Tenant } from './tenant.ts';

/** The limits of each tenant. The `LIMITS` and `WAITS` trials exceed them on purpose. */
export const MAX_JOBS_IN_FLIGHT = 10;
export const SUBMISSIONS_PER_SECOND = 30;
export const TENANT_MAX_WAITS = 2;

/** The prefix of every string that the victim chose. Other tenants must not see any string with this prefix. */
export const CANARY = 'canary-';

/** A tag that several tenants use. */
export const SHARED_TAG = 'nightly';

/** The victim: an idle tenant that owns data of every kind. Because the victim is idle, its data can change only if another tenant changes it. */
export interface Victim extends Tenant {
  /** A receiver that only the victim may send webhooks to. */
  readonly receiver: Receiver;
  readonly webhookKey: string;
  readonly objectId: string;
  /** The key of the victim's file. */
  readonly file: string;
  /** The id of the job for `objectId`. The job is due tomorrow. */
  readonly jobId: string;
  /** The id of a job whose child is waiting for approval. */
  readonly askingJobId: string;
  /** The id of an open batch. */
  readonly batchId: string;
  readonly schedule: string;
  /** Strings that other tenants must not see. */
  readonly secrets: readonly string[];
}

export interface World {
  readonly cloud: Cloud;
  readonly victim: Victim;
  /** The receiver that every tenant may send webhooks to. */
  readonly open: Receiver;
  /** The receiver of all tenants' messages. */
  readonly messages: Receiver;
  /** Creates a tenant. */
  newTenant(): Promise<Tenant>;
  end(): Promise<void>;
}

export async function createWorld(): Promise<World> {
  const open = await startReceiver((_request, response) => response.end('thanks'));
  const messages = await startReceiver((_request, response) =>
    response.writeHead(202).end('{"messageId":"1"}'),
  );
  const receiver = await startReceiver((_request, response) => response.end(`${CANARY}answer`));
  const cloud = await startCloud(
    {
      AUTH: 'api-key',
      JOBS: 'test/embedded/two-tenants/stack/jobs.ts',
      JOB_PREFETCH: '2',
      JOB_BATCH_SIZE: '3',
      JOB_TIMEOUT: '20',
      // The victim's dedup window stays open throughout the test.
      DEDUP_WINDOW: '3600',
      TENANT_MAX_JOBS_IN_FLIGHT: String(MAX_JOBS_IN_FLIGHT),
      TENANT_SUBMISSIONS_PER_SECOND: String(SUBMISSIONS_PER_SECOND),
      MAX_WAITS: String(2 * TENANT_MAX_WAITS),
      TENANT_MAX_WAITS: String(TENANT_MAX_WAITS),
      WEBHOOK_ALLOWED_HOSTS: `${open.origin},victim:${receiver.origin}`,
      MESSAGES_URL: messages.origin,
    },
    { faults: true, app: 'test/embedded/two-tenants/stack/app.ts' },
  );
  const end = async (): Promise<void> => {
    await cloud.end();
    await Promise.all([open, messages, receiver].map((each) => each.end()));
  };
  try {
    await putSecret(cloud, 'MessagesSecretArn', `${CANARY}messages-key`);
    const victim = await createVictim(cloud, receiver);
    let tenants = 0;
    return {
      cloud,
      open,
      messages,
      victim,
      newTenant: () => newTenant(cloud, `other-${(tenants += 1)}`),
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Submits a job that asks for an approval, waits until the job is waiting for the answer, and returns the job. */
export async function askingJob(tenant: Tenant, question: string): Promise<JobView> {
  const payload = { question, waits: true };
  const { job_id: jobId } = await tenant.post<SubmittedView>('/v1/jobs', { type: 'ask', payload });
  for (;;) {
    const job = await tenant.get<JobView>(`/v1/jobs/${jobId}`);
    if (job.waiting_for?.some(({ kind }) => kind === 'signal')) return job;
    await wait(50);
  }
}

/** Creates a tenant with jobs in several states, a sent callback, a file, a message, and two schedules. */
async function createVictim(cloud: Cloud, receiver: Receiver): Promise<Victim> {
  const tenant = await newTenant(cloud, 'victim');
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  const objectId = `${CANARY}object`;
  const waiting = await tenant.post<SubmittedView>('/v1/jobs', {
    object_id: objectId,
    run_at: tomorrow,
    tags: [SHARED_TAG, `${CANARY}tag`],
    metadata: { region: 'eu', customer: `${CANARY}customer` },
  });

  const payload = { url: `${receiver.origin}/webhook`, body: `${CANARY}body` };
  await tenant.run({ type: 'webhook', payload });
  const callback = { callback_url: `${receiver.origin}/callback` };
  const { job_id: canceled } = await tenant.post<SubmittedView>('/v1/jobs', {
    run_at: tomorrow,
    ...callback,
  });
  const { callback_job_id: callbackId } = await tenant.post<{ callback_job_id: string }>(
    `/v1/jobs/${canceled}/cancel`,
  );
  await tenant.ended(callbackId);

  const asking = await askingJob(tenant, `${CANARY}question`);

  const batchId = 'nightly-import';
  const open = { id: batchId, more: true, on_complete: { payload: { seconds: 0 } } };
  await tenant.post('/v1/jobs/batch', { jobs: [{ run_at: tomorrow }], batch: open });

  await tenant.post('/v1/messages', { to: '+905552222222', content: `${CANARY}message` });

  const file = await tenant.upload(`${CANARY}line`);
  await tenant.run({ type: 'analyze', payload: { file, patterns: [`${CANARY}line`] } });

  const job = { type: 'webhook', payload: { ...payload, body: `${CANARY}schedule` } };
  const schedule = { rate: '1 day', start_at: tomorrow, job };
  await tenant.put('/v1/schedules/nightly', schedule);
  await tenant.put('/v1/schedules/resting', { ...schedule, state: 'stopped' });
  const { key: webhookKey } = await tenant.get<Schema<'WebhookKey'>>('/v1/webhook-key');
  const secrets = [webhookKey, tenant.headers.authorization.replace('Bearer ', ''), `${CANARY}messages-key`];
  return {
    ...tenant,
    receiver,
    webhookKey,
    objectId,
    file,
    jobId: waiting.job_id,
    askingJobId: asking.job_id,
    batchId,
    schedule: 'nightly',
    secrets,
  };
}
