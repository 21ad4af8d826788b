import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JobView, SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { headerFor } from '../helpers/keys.ts';
import { startReceiver, verify, type Receiver } from '../helpers/webhook-receiver.ts';

let receiver: Receiver;
let cloud: Cloud;

beforeAll(async () => {
  receiver = await startReceiver((_request, response) => response.end());
  cloud = await startCloud({ AUTH: 'api-key', WEBHOOK_ALLOWED_HOSTS: receiver.origin });
}, 120_000);

afterAll(async () => {
  await cloud.end();
  await receiver.end();
});

async function secretOf({ awsEndpointUrl: endpoint, outputs }: Cloud): Promise<string> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new SecretsManagerClient({ endpoint, region: 'us-east-1', credentials });
  const { SecretString: value = '' } = await client.send(
    new GetSecretValueCommand({ SecretId: outputs.WebhookSecretArn }),
  );
  client.destroy();
  return value;
}

describe('a webhook of one tenant to the receiver of another', () => {
  it('does not pass for a callback of the other', async () => {
    const attacker = await headerFor(cloud, 'attacker');
    const outcome = { job_id: '01900000-0000-7000-8000-000000000001', type: 'sleep', status: 'success' };
    const { body: job } = await cloud.api.call<SubmittedView>(
      'POST',
      '/v1/jobs',
      { type: 'webhook', payload: { url: `${receiver.origin}/victim`, body: outcome } },
      attacker,
    );
    const { body: ended } = await cloud.api.call<JobView>(
      'GET',
      `/v1/jobs/${job.job_id}?wait=20`,
      undefined,
      attacker,
    );
    expect(ended.status).toBe('success');
    const [request] = receiver.receivedAt('/victim');
    expect(JSON.parse(String(request?.body))).toMatchObject(outcome);
    const signature = String(request?.headers['errand-signature']);
    // What the victim's receiver does with a callback of its own tenant.
    expect(verify(request?.body ?? Buffer.of(), signature, await secretOf(cloud))).toBe(false);
  }, 60_000);
});
