import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { apiKeyText, newApiKey, readApiKey } from '../../lambdas/access/api-key.ts';
import { SCOPES } from '../../lambdas/access/identity.ts';
import { createErrand, type Schema } from 'errand-client';
import type { ApiClient, ProblemView, SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { commandEnvironment } from '../helpers/command-environment.ts';
import { callsOf, resetAwsCalls } from '../helpers/embedded.ts';
import { itUnless } from '../helpers/it-unless.ts';
import { actorOf, headerFor, keysOf } from '../helpers/keys.ts';
import { answerTo, requestOf, requestOfScope } from '../helpers/openapi-requests.ts';
import { documentedOperations } from '../helpers/openapi.ts';

const MAIN = path.resolve(import.meta.dirname, '../../bin/command-line/main.ts');
const OPERATIONS = documentedOperations();

let cloud: Cloud;
let api: ApiClient;

beforeAll(async () => {
  // The settings are the same as in tenants.test.ts, so that the files share one assembly.
  cloud = await startCloud({
    AUTH: 'api-key',
    MESSAGES_URL: 'http://127.0.0.1:9/messages',
    WEBHOOK_ALLOWED_HOSTS: 'example.com',
  });
  api = cloud.api;
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/**
 * The paths that need no credentials: the health check, the files of the console and the documentation, and approvals. An approval's URL is itself a
 * credential.
 */
const OPEN_PATH = /^\/(health-alive|(console|docs)(\/\{file\})?|approvals\/\{token\})$/;

describe('every operation', () => {
  it('accepts keys with its scope, and refuses others with 403', async () => {
    for (const scope of SCOPES) {
      const headers = await headerFor(cloud, `tenant-${scope}`, [scope]);
      for (const operation of OPERATIONS) {
        const answer = await answerTo(api.url, requestOfScope(scope, operation), headers);
        const needed = neededScope(operation.operation);
        const isAllowed = needed === undefined || needed === scope;
        expect([operation.operation.operationId, scope, answer.status === 403]).toEqual([
          operation.operation.operationId,
          scope,
          !isAllowed,
        ]);
        expect(answer.status).not.toBe(401);
        if (!isAllowed) {
          expect(answer.headers.get('content-type')).toBe('application/problem+json');
          expect(answer.body).toMatchObject({
            type: 'urn:errand:problem:forbidden',
            detail: `This needs the ${needed} scope; the caller has ${scope}.`,
          });
        }
      }
    }
  }, 120_000);

  it('needs a key unless it is public, and otherwise returns 401', async () => {
    const wrong = { authorization: `Bearer ${apiKeyText(newApiKey())}` };
    for (const operation of OPERATIONS) {
      const request = requestOf(operation);
      const { path: url } = request;
      const isOpen = neededScope(operation.operation) === undefined;
      const none = await answerTo(api.url, request);
      const unknown = await answerTo(api.url, request, wrong);
      if (isOpen) {
        expect(operation.path).toMatch(OPEN_PATH);
        expect([url, none.status]).toEqual([url, unknown.status]);
        expect([401, 403]).not.toContain(none.status);
      } else {
        // If the request has no key, API Gateway itself responds.
        expect([url, none.status, none.body]).toEqual([url, 401, { message: 'Unauthorized' }]);
        expect([url, unknown.status]).toEqual([url, 401]);
        expect(unknown.headers.get('content-type')).toBe('application/problem+json');
        expect(unknown.headers.get('www-authenticate')).toBe('Bearer');
        expect(unknown.body).toMatchObject({ type: 'urn:errand:problem:unauthorized' });
      }
    }
  }, 120_000);
});

describe('a path that does not exist', () => {
  it('reveals nothing to callers without a key', async () => {
    expect((await api.call('GET', '/v2')).status).toBe(401);
    const wrong = { authorization: `Bearer ${apiKeyText(newApiKey())}` };
    expect((await api.call('GET', '/v2', undefined, wrong)).status).toBe(401);
    expect((await api.call('GET', '/v2', undefined, await headerFor(cloud, 'a'))).status).toBe(404);
  });
});

describe('the authorizer’s response', () => {
  itUnless('hidden-processes')(
    'is remembered for a key on one route, and asked for again on another',
    async () => {
      const headers = await headerFor(cloud, 'remembered');
      await resetAwsCalls(cloud);
      for (let round = 0; round < 3; round += 1) await api.call('GET', '/v1/jobs', undefined, headers);
      expect(await readsOfKeys()).toBe(1);
      await api.call('GET', '/v1/schedules', undefined, headers);
      expect(await readsOfKeys()).toBe(2);
    },
  );
});

describe('errand key', () => {
  it('creates a key for the API, and shows it only once', async () => {
    const made = await errand(['key', 'create', '--tenant', 'shown', '--scopes', 'read', '--name', 'a name']);
    const key = /errand_\w+/.exec(made.output)?.[0] ?? '';
    expect(made).toMatchObject({ code: 0, messages: '' });
    expect((await errand(['list'], { ERRAND_API_KEY: key })).output).toContain('JOB');

    const listed = await errand(['key', 'list']);
    expect(listed.output).toMatch(/a name +shown +read +active +never/);
    expect(listed.output).not.toContain(readApiKey(key)?.secret);
    const stored = await keysOf(cloud).find(readApiKey(key)?.keyId ?? '');
    expect(JSON.stringify(stored)).not.toContain(readApiKey(key)?.secret);
  });

  it('rotates a key, and both keys work until the overlap ends', async () => {
    const made = await errandJson(['key', 'create', '--tenant', 'rotated', '--scopes', 'read']);
    const rotated = await errandJson(['key', 'rotate', made.key_id, '--overlap', '1h']);
    expect(rotated).toMatchObject({ tenant: 'rotated', scopes: ['read'], expire_time: null });
    const overlapMs = Date.parse(rotated.old?.expire_time ?? '') - Date.now();
    expect(overlapMs).toBeGreaterThan(3_500_000);
    expect(overlapMs).toBeLessThanOrEqual(3_600_000);
    for (const { key } of [made, rotated]) expect(await statusWith(key)).toBe(200);

    const again = await errandJson(['key', 'rotate', rotated.key_id, '--overlap', '0s']);
    expect(await statusWith(again.key)).toBe(200);
    // The key has not been used for this route before, so API Gateway has no cached decision.
    const expired = await api.call<ProblemView>('GET', '/v1/messages', undefined, bearer(rotated.key));
    expect(expired).toMatchObject({
      status: 401,
      body: { detail: `The API key ${rotated.key_id} is expired.` },
    });
  });

  it('revokes a key, which then can be neither used nor rotated', async () => {
    const { key, key_id: keyId } = await errandJson(['key', 'create']);
    expect((await errand(['key', 'revoke', keyId])).code).toBe(0);
    expect(await statusWith(key)).toBe(401);
    expect(await errand(['key', 'rotate', keyId])).toMatchObject({
      code: 2,
      messages: `error: The key ${keyId} is revoked; create a new one.\n`,
    });
  });

  it.each([
    [['key', 'create', '--scopes', 'root'], 'a comma-separated list of read, submit, admin'],
    [['key', 'create', '--tenant', 'a#b'], 'a name of 1 to 64 letters'],
    [['key', 'create', '--expires-in', 'soon'], 'a number with a unit'],
    [['key', 'revoke', 'ffff'], 'The key ffff does not exist.'],
  ])('refuses %j', async (words, message) => {
    const ended = await errand(words);
    expect(ended.code).toBe(2);
    expect(ended.messages).toContain(message);
  });

  it('asks for the table if none is given', async () => {
    const ended = await errand(['key', 'list'], { ERRAND_KEY_TABLE: '' });
    expect(ended).toMatchObject({ code: 2, messages: expect.stringContaining('--table') as unknown });
  });
});

// This test runs last, because afterwards the authorizer refuses requests without an explanation for a while.
describe('a flood of unknown keys', () => {
  itUnless('hidden-processes')(
    'is explained a hundred times, then denied without the API function; a repeated key costs no function, and valid keys work',
    async () => {
      const unknown = () => bearer(apiKeyText(newApiKey()));
      let headers = unknown();
      let answer = await api.call<ProblemView>('GET', '/v1/jobs', undefined, headers);
      for (let number = 1; answer.status === 401 && number < 500; number += 1) {
        headers = unknown();
        answer = await api.call<ProblemView>('GET', '/v1/jobs', undefined, headers);
      }
      expect([answer.status, answer.body]).toEqual([403, { message: 'Forbidden' }]);

      await resetAwsCalls(cloud);
      expect((await api.call('GET', '/v1/jobs', undefined, headers)).status).toBe(403);
      expect(await readsOfKeys()).toBe(0);
      const good = await headerFor(cloud, 'after-the-flood');
      expect((await api.call('GET', '/v1/jobs', undefined, good)).status).toBe(200);
    },
    60_000,
  );
});

async function readsOfKeys(): Promise<number> {
  return (await callsOf(cloud, cloud.output('AuthorizerFunctionName')))['dynamodb GetItem'] ?? 0;
}

function neededScope(operation: { security?: Record<string, string[]>[] }): string | undefined {
  return operation.security?.[0]?.apiKey?.[0];
}

describe('the audit', () => {
  let header: { authorization: string };

  const ask = async <Body>(method: string, route: string, body?: unknown): Promise<Body> => {
    const answer = await api.call<Body>(method, route, body, header);
    if (answer.status >= 300) throw new Error(`${route}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const told = ({ items }: Schema<'AuditPage'>): string[] =>
    items.map(({ action, subject }) => `${action} ${subject}`).reverse();

  it('has one entry per change, with the key’s id but never the key', async () => {
    header = await headerFor(cloud, 'audited');
    const waiting = { object_id: 'audited', delay_seconds: 3600 };
    const { job_id: jobId } = await ask<SubmittedView>('POST', '/v1/jobs', waiting);
    const { items } = await ask<{ items: { job: SubmittedView }[] }>('POST', '/v1/jobs/batch', {
      jobs: [waiting, { delay_seconds: 3600 }],
    });
    await ask('POST', `/v1/jobs/${jobId}/cancel`);
    await ask('POST', `/v1/jobs/${jobId}/cancel`);
    await ask('POST', `/v1/jobs/${jobId}/retry`);
    const { message_id: messageId } = await ask<{ message_id: string }>('POST', '/v1/messages', {
      to: '+905551111111',
      content: 'a string that is in no audit',
    });
    const schedule = { cron: '0 0 1 1 ? *', job: { payload: { seconds: 0 } } };
    await ask('PUT', '/v1/schedules/yearly', schedule);
    for (const route of [
      '/v1/schedules/yearly/stop',
      '/jobs/stop',
      '/v1/schedules/yearly/start',
      '/jobs/stop',
      '/jobs/start',
    ]) {
      await ask('PUT', route);
    }
    await ask('DELETE', '/v1/schedules/yearly');
    await ask('POST', '/v1/webhook-key/rotate', { generation: 1 });

    const audit = await ask<Schema<'AuditPage'>>('GET', '/v1/audit');
    expect(told(audit)).toEqual([
      `job.submit ${jobId}`,
      `job.submit ${items[1]?.job.job_id ?? ''}`,
      `job.cancel ${jobId}`,
      `job.retry ${jobId}`,
      `message.create ${messageId}`,
      ...['put', 'stop', 'start', 'stop', 'start', 'delete'].map((change) => `schedule.${change} yearly`),
      'webhook_key.rotate 2',
    ]);
    expect([...new Set(audit.items.map(({ actor }) => actor))]).toEqual([actorOf(header)]);
    expect(JSON.stringify(audit)).not.toContain(header.authorization.split('_').at(-1));
  });

  it('can be read in pages and between two times', async () => {
    const all = await ask<Schema<'AuditPage'>>('GET', '/v1/audit');
    const paged: unknown[] = [];
    let query: string | null = '/v1/audit?limit=5';
    while (query !== null) {
      const page: Schema<'AuditPage'> = await ask('GET', query);
      paged.push(...page.items);
      query = page.next_cursor && `/v1/audit?limit=5&cursor=${page.next_cursor}`;
    }
    expect(paged).toEqual(all.items);
    for (const bound of ['from=2100-01-01T00:00:00Z', 'to=2020-01-01T00:00:00%2B01:00']) {
      expect(await ask('GET', `/v1/audit?${bound}`)).toMatchObject({ items: [], next_cursor: null });
    }
    expect(await api.call('GET', '/v1/audit?actor=a%00b', undefined, header)).toMatchObject({ status: 400 });
  });

  it('can be listed with the command line and with the client', async () => {
    const key = header.authorization.replace('Bearer ', '');
    const { code, output } = await errand([
      '--api-key',
      key,
      'audit',
      '--actor',
      actorOf(header),
      '--action',
      'job.cancel',
    ]);
    expect([code, output]).toEqual([
      0,
      expect.stringMatching(/^TIME .*\n\S+Z {2}job\.cancel {2}[0-9a-f-]{36} {2}key:[0-9a-f]{16}\n$/),
    ]);
    const entries: string[] = [];
    for await (const { action, subject } of createErrand({ url: api.url, apiKey: key }).audit({
      action: 'schedule.stop',
      pageSize: 1,
    })) {
      entries.push(`${action} ${subject}`);
    }
    expect(entries).toEqual(['schedule.stop yearly', 'schedule.stop yearly']);
  });
});

function bearer(key: string): { authorization: string } {
  return { authorization: `Bearer ${key}` };
}

async function statusWith(key: string): Promise<number> {
  return (await api.call('GET', '/v1/jobs', undefined, bearer(key))).status;
}

interface MadeKey {
  key: string;
  key_id: string;
  old?: { expire_time: string };
}

async function errandJson(words: string[]): Promise<MadeKey> {
  return JSON.parse((await errand(['--json', ...words])).output) as MadeKey;
}

/** Runs the `errand` command in a new process, as an operator would. */
async function errand(words: string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['-C', 'errand-source', MAIN, ...words], {
    env: commandEnvironment({
      ERRAND_URL: api.url,
      ERRAND_KEY_TABLE: cloud.output('KeyTableName'),
      AWS_ENDPOINT_URL: cloud.awsEndpointUrl,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'operator',
      AWS_SECRET_ACCESS_KEY: 'embedded',
      ...environment,
    }),
  });
  const [output, messages, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, output, messages };
}
