import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ApiClient } from '../helpers/api-client.ts';
import { copyClusterTemplate } from '../helpers/cluster-template.ts';
import type { CallCount } from '../helpers/cloud.ts';
import { deriveWebhookKey, webhookKeyText } from '../../lambdas/webhook-key/webhook-key.ts';
import { startService, type ServiceProcess } from '../../tools/service-process.ts';
import { opened, startReceiver, type Receiver } from '../helpers/webhook-receiver.ts';

let dataDir: string;
let receiver: Receiver;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-webhook-secret-'));
  await copyClusterTemplate(dataDir);
  receiver = await startReceiver((_request, response) => response.end());
});

afterAll(async () => {
  await receiver.end();
  await rm(dataDir, { recursive: true, force: true });
});

function start(): Promise<ServiceProcess> {
  return startService({
    ERRAND_DATA_DIR: dataDir,
    JOB_PREFETCH: '2',
    WEBHOOK_ALLOWED_HOSTS: receiver.origin,
  });
}

/** Sends webhooks one at a time, and returns the secret from which all their signing keys were derived. */
async function sendWebhooks(service: ServiceProcess, count: number): Promise<string> {
  const api = new ApiClient(service.url);
  const before = receiver.received.length;
  for (let index = 0; index < count; index += 1) {
    const { job_id: jobId } = await api.submit({ type: 'webhook', payload: { url: receiver.origin } });
    expect(await api.finished(jobId)).toMatchObject({ status: 'success' });
  }
  const secret = await secretOf(service);
  const requests = receiver.received.slice(before);
  expect(requests).toHaveLength(count);
  const key = webhookKeyText(deriveWebhookKey(secret, 'default', 1));
  for (const request of requests) expect(opened(request, key)).toMatchObject({ kind: 'webhook' });
  return secret;
}

/** Reads the secret as a developer would. */
async function secretOf({ awsEndpointUrl: endpoint }: ServiceProcess): Promise<string> {
  const { outputs } = await view<{ outputs: Record<string, string> }>(endpoint, 'outputs');
  const client = new SecretsManagerClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const { SecretString: value = '' } = await client.send(
    new GetSecretValueCommand({ SecretId: outputs.WebhookSecretArn }),
  );
  client.destroy();
  return value;
}

async function view<Body>(endpoint: string, name: string): Promise<Body> {
  return (await (await fetch(`${endpoint}/_errand/${name}`)).json()) as Body;
}

it('the secret is generated once, survives a crash, and is read once by each worker', async () => {
  let secret: string;
  const first = await start();
  try {
    secret = await sendWebhooks(first, 6);
    expect(secret).toMatch(/^[A-Za-z0-9]{64}$/);
    const { calls } = await view<{ calls: CallCount[] }>(first.awsEndpointUrl, 'calls');
    const readers = calls.filter(({ action, caller }) => action === 'GetSecretValue' && caller !== 'test');
    expect(readers.map(({ caller }) => caller)).toEqual([
      // The migrations function also reads the database user's secret.
      expect.stringContaining('Migrations'),
      expect.stringContaining('Worker'),
    ]);
    // At most two workers sent the six webhooks.
    expect(readers[1]?.count).toBeLessThanOrEqual(2);
  } finally {
    await first.end('SIGKILL');
  }

  const second = await start();
  try {
    expect(await sendWebhooks(second, 1)).toBe(secret);
  } finally {
    await second.end('SIGTERM');
  }
}, 120_000);
