import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import type { Attempt } from '../../lambdas/job/job.ts';
import type { SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { armFaults, disarmFault } from '../helpers/faults.ts';
import { headerFor } from '../helpers/keys.ts';
import { sendForm, type UploadView } from '../helpers/upload.ts';
import { startReceiver, type Received, type Receiver } from '../helpers/webhook-receiver.ts';

/**
 * A substring of every string and secret that the test supplies. No log or stack trace may contain this substring.
 */
const CANARY = 'canary7f3a';

let receiver: Receiver;
let cloud: Cloud;
let headers: { authorization: string };
let secrets: SecretsManagerClient;

/** The generated secrets. Like the canary, they must not be logged. */
const others: string[] = [];

beforeAll(async () => {
  receiver = await startReceiver(respond);
  cloud = await startCloud(
    {
      AUTH: 'api-key',
      JOB_TIMEOUT: '3',
      VISIBILITY_TIMEOUT: '4',
      JOB_PREFETCH: '4',
      WEBHOOK_ALLOWED_HOSTS: receiver.origin,
      MESSAGES_URL: `${receiver.origin}/messages`,
      JOBS: 'test/jobs-files/failures/index.ts',
    },
    { faults: true },
  );
  headers = await headerFor(cloud, 'one');
  secrets = new SecretsManagerClient({
    endpoint: cloud.awsEndpointUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await secrets.send(
    new PutSecretValueCommand({ SecretId: cloud.output('MessagesSecretArn'), SecretString: `${CANARY}-key` }),
  );
  for (const name of ['WebhookSecretArn', 'SecretArn']) {
    const { SecretString: text = '' } = await secrets.send(
      new GetSecretValueCommand({ SecretId: cloud.output(name) }),
    );
    others.push(text.startsWith('{') ? (JSON.parse(text) as { password: string }).password : text);
  }
  others.push(headers.authorization.replace('Bearer ', ''));
  // From here on, webhooks are signed with two generations of the tenant's key.
  const key = async (method: string, path: string, body?: unknown): Promise<void> => {
    const answer = await cloud.api.call<{ key: string }>(method, path, body, headers);
    expect(answer).toMatchObject({ status: 200, body: { key: expect.stringMatching(/^whsec_.{44}$/) } });
    const text = answer.body.key.replace('whsec_', '');
    others.push(text, Buffer.from(text, 'base64').toString('hex'));
  };
  const apiKey = async (path: string, body?: unknown): Promise<string> => {
    const answer = await cloud.api.call<{ key: string; key_id: string }>('POST', path, body, headers);
    expect(answer.body.key).toMatch(/^errand_/);
    others.push(answer.body.key);
    return answer.body.key_id;
  };
  const keyId = await apiKey('/v1/api-keys', { name: 'new', scopes: ['read'] });
  await apiKey(`/v1/api-keys/${keyId}/rotate`);
  await key('GET', '/v1/webhook-key');
  await key('POST', '/v1/webhook-key/rotate', { generation: 1 });
}, 120_000);

afterAll(async () => {
  secrets.destroy();
  await cloud.end();
  await receiver.end();
});

/** Echoes the request's body, as a careless receiver would. */
function respond({ path, body }: Received, response: ServerResponse): void {
  const status = Number(/\d+/.exec(path)?.[0] ?? 200);
  if (path.includes('slow')) return;
  response.writeHead(status, { 'x-answer': `${CANARY}-answer` }).end(body);
}

async function submit(body: unknown): Promise<string> {
  const answer = await cloud.api.call<SubmittedView>('POST', '/v1/jobs', body, headers);
  expect(answer.status).toBe(201);
  return answer.body.job_id;
}

/** Resolves with the job's final status. */
async function endOf(jobId: string): Promise<string> {
  for (;;) {
    const { body } = await cloud.api.call<SubmittedView>(
      'GET',
      `/v1/jobs/${jobId}?wait=20`,
      undefined,
      headers,
    );
    if (body.end_time !== null) return body.status;
  }
}

/** Returns the stack traces and logs of the job's attempts as JSON. */
async function failuresOf(jobId: string): Promise<string> {
  const path = `/v1/jobs/${jobId}/attempts`;
  const { body } = await cloud.api.call<{ items: Attempt[] }>('GET', path, undefined, headers);
  return JSON.stringify(body.items.map(({ stack, log }) => ({ stack, log })));
}

function webhook(path: string): Record<string, unknown> {
  return {
    object_id: `${CANARY}-object${path}`,
    type: 'webhook',
    max_attempts: 1,
    payload: {
      url: `${receiver.origin}${path}?token=${CANARY}-query`,
      body: { secret: `${CANARY}-payload` },
      headers: { authorization: `Bearer ${CANARY}-header` },
    },
  };
}

describe('the logs of all functions, and the access log', () => {
  it('report what happened, without any data from clients, jobs or secrets', async () => {
    // Some of these jobs succeed, others fail, get no response, or crash.
    const jobs = [
      await submit(webhook('/200')),
      await submit(webhook('/400')),
      await submit(webhook('/503')),
      await submit(webhook('/slow')),
      await submit({ payload: { seconds: 0 }, callback_url: `${receiver.origin}/200/${CANARY}-callback` }),
    ];
    const upload = await cloud.api.call<UploadView>('POST', '/v1/uploads', {}, headers);
    others.push(upload.body.fields['X-Amz-Signature'] ?? '', upload.body.fields.Policy ?? '');
    expect((await sendForm(upload.body, new Blob([`${CANARY}-line\n`]))).status).toBe(204);
    const analyze = (file: string): unknown => ({
      type: 'analyze',
      payload: { file, patterns: [`${CANARY}-pattern`] },
    });
    jobs.push(await submit(analyze(upload.body.file)));
    const form = new FormData();
    form.append('type', 'analyze');
    form.append('payload', JSON.stringify({ patterns: [`${CANARY}-pattern`] }));
    form.append('file', new Blob([`${CANARY}-content`]), `${CANARY}-name.log`);
    expect((await fetch(`${cloud.api.url}/v1/jobs`, { method: 'POST', headers, body: form })).status).toBe(
      201,
    );
    for (const content of [`${CANARY}-content-1`, `${CANARY}-content-2`]) {
      const message = { to: '+905551111111', content };
      expect((await cloud.api.call('POST', '/v1/messages', message, headers)).status).toBe(201);
    }
    jobs.push(await submit({ type: 'send_messages', payload: { limit: 10 } }));
    // These jobs throw errors that contain the payload, headers and the environment. One of the errors is uncaught.
    const failing = [
      await submit({ type: 'leak', payload: { secret: `${CANARY}-payload` } }),
      await submit({ type: 'report', payload: { secret: `${CANARY}-payload` } }),
      await submit({ type: 'stray', payload: { how: 'throw' } }),
      await submit({ type: 'quote', payload: `${CANARY}-payload` }),
    ];
    jobs.push(...failing);
    const ends = await Promise.all(jobs.map(endOf));
    expect(ends.slice(0, 4)).toEqual(['success', 'failed', 'failed', 'failed']);

    const failures = await Promise.all(jobs.map(failuresOf));
    // Only the stack traces and logs are checked here, because a message may quote data that the job received, such as a receiver's response.
    expect(failures.join('\n')).not.toContain(CANARY);
    expect(failures[1]).toContain('"stack":null');
    const [leak] = failures.slice(-failing.length);
    expect(leak).toContain('Caused by: Error: the request failed');
    expect(leak).toContain('"errors":["Error: the request failed"]');
    expect(leak).not.toContain('AWS_SESSION_TOKEN');

    // These requests are invalid.
    const refused: [string, string, unknown, object][] = [
      ['POST', '/v1/jobs', `{"payload": ${CANARY}`, headers],
      ['POST', '/v1/jobs', { type: `${CANARY}-type`, payload: { [`${CANARY}-field`]: 1 } }, headers],
      ['GET', `/v1/jobs?cursor=${CANARY}-cursor`, undefined, headers],
      ['GET', `/${CANARY}-path`, undefined, headers],
      ['POST', '/v1/jobs', { ...webhook('/200'), on_duplicate: 'reject' }, headers],
      ['POST', '/v1/webhook-key/rotate', { generation: 7 }, headers],
      ['POST', '/v1/webhook-key/rotate', { generation: `${CANARY}-generation` }, headers],
      ['POST', '/v1/jobs', webhook('/other'), { authorization: `Bearer ${CANARY}-wrong-key` }],
      ['POST', '/v1/jobs', webhook('/other'), {}],
      ['POST', '/v1/jobs', webhook('/other'), { authorization: `Bearer errand_${'A'.repeat(6)}_${CANARY}` }],
    ];
    for (const [method, path, body, extra] of refused) {
      const { status } = await cloud.api.call(method, path, body, {
        cookie: `${CANARY}-cookie`,
        'x-forwarded-for': `${CANARY}-forwarded`,
        ...extra,
      });
      expect(status).toBeGreaterThanOrEqual(400);
    }

    // The faults make one of the API's Data API calls and one of its DynamoDB calls fail, and kill a worker while it is running a job.
    const faults = await armFaults(
      cloud,
      { effect: 'fail', caller: 'Api', service: 'rds-data', code: 'BadRequestException', times: 1 },
      {
        effect: 'fail',
        caller: 'Api',
        service: 'dynamodb',
        code: 'AccessDeniedException',
        at: { from: 2 },
        times: 1,
      },
      { effect: 'kill-before', caller: 'Worker', service: 'rds-data', at: { nth: 2 } },
    );
    const failed = await cloud.api.call('POST', '/v1/jobs', webhook('/500'), headers);
    expect(failed.status).toBeGreaterThanOrEqual(500);
    const batch = { jobs: [webhook('/501'), webhook('/502')] };
    await cloud.api.call('POST', '/v1/jobs/batch', batch, headers);
    for (const id of faults.slice(0, 2)) await disarmFault(cloud, id);
    const [aurora = ''] = await armFaults(cloud, {
      effect: 'fail',
      caller: 'Api',
      service: 'rds-data',
      code: 'BadRequestException',
    });
    for (const [method, path, body] of [
      ['GET', '/v1/webhook-key', undefined],
      ['POST', '/v1/webhook-key/rotate', { generation: 2 }],
    ] as const) {
      expect((await cloud.api.call(method, path, body, headers)).status).toBe(500);
    }
    await disarmFault(cloud, aurora);
    await endOf(await submit(webhook('/200/killed')));

    const lines = cloud.logs.join('\n');
    for (const said of [
      'The attempt ended.',
      'The receiver responded.',
      'The attempt failed.',
      'A request failed.',
      '"route":"POST /v1/jobs/batch"',
      '"gateway_error":"Unauthorized"',
    ]) {
      expect(lines).toContain(said);
    }
    expect(cloud.logs.filter((line) => line.includes(CANARY))).toEqual([]);
    expect(lines).not.toContain('AWS_SESSION_TOKEN');
    for (const secret of others) {
      expect(secret.length).toBeGreaterThan(15);
      expect(cloud.logs.filter((line) => line.includes(secret))).toEqual([]);
    }
  }, 120_000);
});
