import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { ApiClient, ProblemView, SubmittedView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { actorOf, headerFor } from '../helpers/keys.ts';
import { answerTo, requestOf, UNKNOWN } from '../helpers/openapi-requests.ts';
import { documentedOperations } from '../helpers/openapi.ts';
import { furnish, objectOf } from './furnished-tenant.ts';
import { withoutChance } from '../helpers/without-chance.ts';
import { putSecret } from '../helpers/secrets.ts';

type Headers = Record<string, string>;

/** A substring of all of the first tenant's strings. No response to another tenant may contain this substring. */
const CANARY = 'canary-of-the-first-tenant';
const OBJECT = objectOf(CANARY);

let cloud: Cloud;
let api: ApiClient;
let first: Headers;

/** The signing keys of the first tenant's webhooks. */
let webhookKeys: string[];

/** The ids of the first tenant's resources, by path parameter. Each parameter has two ids, for resources in different states. */
let owned: Record<string, string[]>;

beforeAll(async () => {
  cloud = await startCloud({
    AUTH: 'api-key',
    MESSAGES_URL: 'http://127.0.0.1:9/messages',
    WEBHOOK_ALLOWED_HOSTS: 'example.com',
  });
  api = cloud.api;
  first = await headerFor(cloud, 'first');
  ({ owned, webhookKeys } = await furnish(asFirst, CANARY));
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

describe('every operation', () => {
  it('responds to another tenant as if the first tenant had nothing, and changes nothing', async () => {
    const before = await everythingOfTheFirst();
    for (const operation of documentedOperations()) {
      const id = operation.operation.operationId;
      const inPath = /\{(\w+)\}/.exec(operation.path)?.[1];
      // The following parameters are exceptions, because an approval link's token is itself a credential, and files, queues and job types belong to
      // the deployment.
      if (inPath !== undefined && !['file', 'queue', 'type', 'token'].includes(inPath))
        expect(Object.keys(owned)).toContain(inPath);
      const parameter = Object.keys(owned).find((name) => name === inPath);
      for (const value of parameter === undefined ? [''] : (owned[parameter] ?? [])) {
        // Each request comes from a new tenant, so that no request finds data from an earlier request.
        const request = requestOf(operation, parameter === undefined ? {} : { [parameter]: value });
        const answer = await answerTo(api.url, request, await headerFor(cloud, `other-${randomUUID()}`));
        const unknown = await answerTo(
          api.url,
          requestOf(operation),
          await headerFor(cloud, `other-${randomUUID()}`),
        );
        const shape = ({ status, body }: typeof answer, itself: string): unknown => ({
          status,
          body: withoutChance(body, itself),
        });
        expect([id, shape(answer, value)]).toEqual([
          id,
          shape(unknown, parameter === undefined ? '' : (UNKNOWN[parameter] ?? '')),
        ]);
        expect(answer.text).not.toContain(CANARY);
        const ids = ['job_id', 'message_id', 'key_id'].flatMap((name) => owned[name] ?? []);
        for (const theirs of [...ids, ...webhookKeys]) {
          if (theirs !== value) expect(answer.text).not.toContain(theirs);
        }
      }
    }
    expect(await everythingOfTheFirst()).toEqual(before);
  }, 120_000);

  it('finds the data if the first tenant itself sends the request', async () => {
    const everything = JSON.stringify(await everythingOfTheFirst());
    for (const ids of Object.values(owned)) for (const id of ids) expect(everything).toContain(id);
    expect(everything).toContain(CANARY);
    expect(everything).toContain(webhookKeys[1]);
  });
});

/** Returns the `enum` values of a schema, or of its first `oneOf` alternative. */
function namedIn({ enum: names, oneOf }: Record<string, unknown>): unknown[] {
  return (names as unknown[] | undefined) ?? namedIn((oneOf as Record<string, unknown>[])[0] ?? {});
}

describe('every query parameter', () => {
  const parameters = documentedOperations().flatMap(({ method, path, operation }) =>
    (operation.parameters ?? [])
      .filter((parameter) => parameter.in === 'query')
      .map(({ name, schema }) => [`${method} ${path}`, name, schema] as const),
  );
  const lists = parameters.filter(([operation]) => !/^(POST|PUT|DELETE)|\{/.test(operation));

  const inHours = (hours: number) => () => [new Date(Date.now() + hours * 3_600_000).toISOString()];

  /** For each query parameter, values that let the first tenant find its own data. */
  const values: Readonly<Record<string, (schema: Record<string, unknown>) => unknown[]>> = {
    ...{ status: namedIn, group_by: namedIn, step: namedIn, action: namedIn, order: namedIn },
    ...{ tag: () => [OBJECT], metadata: () => [`object:${OBJECT}`], message: () => ['canceled'] },
    ...{ from: inHours(-1), created_after: inHours(-1), to: inHours(1), created_before: inHours(1) },
    ...{
      queue: () => ['default'],
      type: () => ['sleep'],
      object_id: () => [OBJECT],
      batch_id: () => ['first-open'],
    },
    job_id: () => owned.job_id ?? [],
    parent_job_id: () => owned.job_id ?? [],
    actor: () => [actorOf(first)],
    limit: () => [20],
  };

  async function valuesOf(path: string, name: string, schema: Record<string, unknown>): Promise<string[]> {
    if (name !== 'cursor') {
      const found = values[name];
      if (!found)
        throw new Error(`The parameter ${name} is new: say by which value the first tenant finds its own.`);
      return found(schema).map(String);
    }
    // No message was sent, so the list of sent messages has no cursor. Instead, the test uses a cursor from the list of all messages.
    const listed = path.replace('/messages/sent', '/v1/messages');
    const page = await asFirst<{ next_cursor: string }>('GET', `${listed}?limit=1`);
    expect(page.next_cursor).toEqual(expect.any(String));
    return [page.next_cursor];
  }

  /** Returns the items in a list or the points in a history, excluding the API key that authorized the request. */
  function foundIn(body: unknown, headers: Headers): unknown[] {
    const { items, series } = body as { items?: object[]; series?: { points: unknown[] }[] };
    const own = actorOf(headers).replace('key:', '');
    return (
      items?.filter((item) => !('key_id' in item && item.key_id === own)) ??
      series?.flatMap(({ points }) => points) ?? [body]
    );
  }

  it.each(lists)('of %s, %s, finds nothing of another tenant', async (operation, name, schema) => {
    const [, path = ''] = operation.split(' ');
    let own = 0;
    for (const value of await valuesOf(path, name, schema)) {
      const query = `${path}?${name}=${encodeURIComponent(value)}`;
      const other = await headerFor(cloud, `other-${randomUUID()}`);
      const theirs = await api.call<{ next_cursor?: unknown }>('GET', query, undefined, other);
      const found = {
        status: theirs.status,
        found: foundIn(theirs.body, other),
        next: theirs.body.next_cursor ?? null,
      };
      expect(found).toEqual({ status: 200, found: [], next: null });
      own += foundIn(await asFirst('GET', query), first).length;
    }
    if (path !== '/messages/sent' && name !== 'parent_job_id') expect(own).toBeGreaterThan(0);
  });

  it('that does not filter a list names something of the caller’s tenant', async () => {
    const others = parameters.filter((parameter) => !lists.includes(parameter));
    expect(others.map(([operation, name]) => `${operation} ${name}`).sort()).toEqual([
      'DELETE /v1/concurrency-keys key',
      ...['GET /v1/batches/{batch_id} wait', 'GET /v1/jobs/{job_id} wait'],
      ...['cursor', 'limit', 'order', 'status'].map((name) => `GET /v1/jobs/{job_id}/children ${name}`),
      'GET /v1/jobs/{job_id}/logs attempt',
      'GET /v1/jobs/{job_id}/logs cursor',
      ...['cursor', 'limit'].map((name) => `GET /v1/jobs/{job_id}/steps ${name}`),
      'POST /approvals/{token} answer',
      'POST /v1/jobs wait',
      'PUT /v1/concurrency-keys key',
    ]);
    const other = await headerFor(cloud, 'waiting');
    const theirs = `/v1/jobs/${owned.job_id?.[0] ?? ''}`;
    const waited = await api.call('GET', `${theirs}?wait=20`, undefined, other);
    expect(waited.status).toBe(404);
    for (const part of ['logs?attempt=1', 'logs?cursor=0.0', 'steps?limit=1', 'children?status=created']) {
      const { status } = await api.call('GET', `${theirs}/${part}`, undefined, other);
      expect([part, status]).toEqual([part, 404]);
    }
    const submission = { object_id: OBJECT, payload: { seconds: 0 } };
    const submitted = await api.run(submission, other);
    expect(submitted).toMatchObject({ status: 201, body: { deduplicated: false, status: 'success' } });
    expect(owned.job_id).not.toContain(submitted.body.job_id);
  }, 60_000);
});

describe('the queue depths, which all tenants share,', () => {
  it('are shown only to the admin scope', async () => {
    const statsWith = async (...scopes: ('read' | 'admin')[]) =>
      api.call('GET', '/v1/stats', undefined, await headerFor(cloud, 'curious', scopes));
    const depth = { visible: expect.any(Number), in_flight: expect.any(Number), delayed: expect.any(Number) };
    expect((await statsWith('read', 'admin')).body).toMatchObject({ queue: depth, dead_letter_queue: depth });
    expect((await statsWith('read')).body).toMatchObject({
      jobs: { total: 0 },
      queue: null,
      dead_letter_queue: null,
    });
  });
});

describe('the same object of two tenants', () => {
  it('has two jobs, whether submitted separately or in a batch', async () => {
    const other = await headerFor(cloud, 'deduplicating');
    const submission = { object_id: OBJECT, delay_seconds: 3600 };
    const again = await asFirst<SubmittedView>('POST', '/v1/jobs', submission);
    expect(again).toMatchObject({ deduplicated: true, job_id: owned.job_id?.[0] });

    const own = await api.call<SubmittedView>('POST', '/v1/jobs', submission, other);
    expect(own).toMatchObject({ status: 201, body: { deduplicated: false } });
    expect(own.body.job_id).not.toBe(again.job_id);
    const batch = await api.call<{ items: { status: number; job: SubmittedView }[] }>(
      'POST',
      '/v1/jobs/batch',
      { jobs: [submission, { ...submission, object_id: `${OBJECT}-canceled` }] },
      other,
    );
    expect(batch.body.items).toMatchObject([
      { status: 200, job: { job_id: own.body.job_id } },
      { status: 201, job: { deduplicated: false } },
    ]);
    const rejected = await api.call<ProblemView>(
      'POST',
      '/v1/jobs',
      { ...submission, on_duplicate: 'reject' },
      other,
    );
    expect(rejected).toMatchObject({ status: 409, body: { job_id: own.body.job_id } });
  });
});

describe('a run of send_messages', () => {
  it('sends and counts only its own tenant’s messages', async () => {
    await putSecret(cloud, 'MessagesSecretArn', 'key-of-the-receiver');
    const sending = await headerFor(cloud, 'sending');
    const { body: own } = await api.call<{ message_id: string }>(
      ...(['POST', '/v1/messages', { to: '+905552222222', content: 'mine' }, sending] as const),
    );
    const run = { type: 'send_messages', payload: { limit: 100 }, timeout_seconds: 20, max_attempts: 1 };
    const { body: job } = await api.run(run, sending);
    // Nothing listens at MESSAGES_URL, so the message will be retried.
    expect(job).toMatchObject({ status: 'success', result: { sent: 0, failed: 0, retried: 1 } });
    const { body } = await api.call('GET', `/v1/messages/${own.message_id}`, undefined, sending);
    expect(body).toMatchObject({ status: 'pending', attempt: 1 });
    const schedule = { rate: '2 minutes', job: { type: 'send_messages' }, state: 'stopped' };
    const scheduled = await api.call('PUT', '/v1/schedules/send-messages', schedule, sending);
    expect(scheduled).toMatchObject({ status: 201, body: { job: { type: 'send_messages', payload: {} } } });
    for (const id of owned.message_id ?? []) {
      expect(await asFirst('GET', `/v1/messages/${id}`)).toMatchObject({ status: 'pending', attempt: 0 });
    }
  }, 60_000);
});

describe('a file', () => {
  it('can be read only by its own tenant’s jobs', async () => {
    const form = await asFirst<{ file: string; url: string; fields: Record<string, string> }>(
      'POST',
      '/v1/uploads',
      { bytes: 6 },
    );
    const body = new FormData();
    for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
    body.append('file', new Blob(['ERROR\n']));
    expect((await fetch(form.url, { method: 'POST', body })).ok).toBe(true);
    expect(form.file).toMatch(/^uploads\/first\//);

    const analyze = { type: 'analyze', payload: { file: form.file, patterns: ['ERROR'] }, max_attempts: 1 };
    const { body: own } = await api.run(analyze, first);
    expect(own).toMatchObject({ status: 'success', result: { counts: { ERROR: 1 } } });

    const other = await headerFor(cloud, 'reading');
    const theirs = await api.run(analyze, other);
    const missing = await api.run(
      { ...analyze, payload: { ...analyze.payload, file: 'uploads/reading/none' } },
      other,
    );
    expect(theirs.body.status).toBe('failed');
    expect(theirs.body.message?.replace(form.file, '')).toBe(
      missing.body.message?.replace('uploads/reading/none', ''),
    );
  }, 60_000);
});

async function asFirst<Body>(method: string, path: string, body?: unknown): Promise<Body> {
  const answer = await api.call<Body>(method, path, body, first);
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Returns all read operations' responses to the first tenant. */
async function everythingOfTheFirst(): Promise<unknown[]> {
  const shown: unknown[] = [];
  for (const operation of documentedOperations()) {
    if (operation.method !== 'GET' || /^\/(health|docs|openapi)/.test(operation.path)) continue;
    const parameter = Object.keys(owned).find((name) => operation.path.includes(`{${name}}`));
    for (const value of parameter === undefined ? [''] : (owned[parameter] ?? [])) {
      const request = requestOf(operation, parameter === undefined ? {} : { [parameter]: value });
      const { body } = await answerTo(api.url, request, first);
      shown.push(ownPart(request.path, body));
    }
  }
  return shown;
}

/**
 * Returns the part of a response that only the requesting tenant can change. The rest may change at any time, because all tenants share the queues,
 * and a history ends at the current time.
 */
function ownPart(path: string, body: unknown): unknown {
  if (path === '/v1/stats') return (body as { jobs: unknown }).jobs;
  return path === '/v1/stats/history' ? (body as { series: unknown }).series : body;
}
