import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Schema } from 'errand-client';
import type { Answer, ApiClient, ProblemView } from '../helpers/api-client.ts';
import { SCOPES, type Scope } from '../../lambdas/access/identity.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { actorOf, headerFor, keysOf } from '../helpers/keys.ts';
import { operationsOf, schemaChecker, type DocumentView } from '../helpers/openapi.ts';

type Headers = Record<string, string>;
type KeyView = Schema<'ApiKey'>;
type NewKeyView = Schema<'NewApiKey'>;
type RotatedView = Schema<'RotatedApiKey'>;

const KEY = /^errand_([0-9a-f]{16})_[0-9a-f]{64}$/;
const UNKNOWN = '0000000000000000';

let cloud: Cloud;
let api: ApiClient;
let document: DocumentView;
let check: ReturnType<typeof schemaChecker>;

beforeAll(async () => {
  // The settings are the same as in tenants.test.ts, so that the files share one assembly.
  cloud = await startCloud({
    AUTH: 'api-key',
    MESSAGES_URL: 'http://127.0.0.1:9/messages',
    WEBHOOK_ALLOWED_HOSTS: 'example.com',
  });
  api = cloud.api;
  document = (
    await api.call<DocumentView>('GET', '/openapi.json', undefined, await headerFor(cloud, 'reader'))
  ).body;
  check = schemaChecker(document);
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/** Calls an operation, and checks the response against the OpenAPI document. */
async function call<Body>(
  operationId: string,
  headers: Headers,
  { keyId = '', query = '', body }: { keyId?: string; query?: string; body?: unknown } = {},
): Promise<Answer<Body>> {
  const found = operationsOf(document).find(({ operation }) => operation.operationId === operationId);
  if (!found) throw new Error(`The document has no operation ${operationId}.`);
  const path = found.path.replace('{key_id}', keyId) + query;
  const answer = await api.call<Body>(found.method, path, body, headers);
  const content = found.operation.responses[String(answer.status)]?.content ?? {};
  const { schema } = content[answer.headers.get('content-type') ?? ''] ?? {};
  expect([operationId, answer.status, schema && check(schema, answer.body)]).toEqual([
    operationId,
    answer.status,
    undefined,
  ]);
  expect(schema).toBeDefined();
  return answer;
}

const admin = (tenant: string, scopes: readonly Scope[] = SCOPES): Promise<Headers> =>
  headerFor(cloud, tenant, scopes);

const bearer = ({ key }: { key: string }): Headers => ({ authorization: `Bearer ${key}` });

const statusWith = async (headers: Headers): Promise<number> =>
  (await api.call('GET', '/v1/caller', undefined, headers)).status;

async function create(headers: Headers, body: object): Promise<NewKeyView> {
  const answer = await call<NewKeyView>('createApiKey', headers, { body });
  expect(answer.status).toBe(201);
  return answer.body;
}

async function list(headers: Headers, query = ''): Promise<Schema<'ApiKeyPage'>> {
  return (await call<Schema<'ApiKeyPage'>>('listApiKeys', headers, { query })).body;
}

/** Returns the audit entries as `action subject`, oldest first. An entry's actor is appended unless the actor is the caller with these headers. */
async function audited(headers: Headers): Promise<string[]> {
  const { body } = await api.call<Schema<'AuditPage'>>('GET', '/v1/audit', undefined, headers);
  return body.items
    .map(
      ({ action, subject, actor }) => `${action} ${subject}${actor === actorOf(headers) ? '' : ` ${actor}`}`,
    )
    .reverse();
}

describe('an administrator', () => {
  it('creates a key that works and is shown only once', async () => {
    const headers = await admin('creating');
    const before = Date.now();
    const made = await create(headers, {
      name: 'billing',
      scopes: ['read', 'read', 'submit'],
      expires_in_seconds: 60,
    });
    expect(made).toMatchObject({
      ...{ name: 'billing', scopes: ['read', 'submit'], state: 'active', revoke_time: null },
      key: expect.stringMatching(KEY),
    });
    expect(Date.parse(made.expire_time ?? '') - before).toBeGreaterThanOrEqual(60_000);
    const caller = await api.call('GET', '/v1/caller', undefined, bearer(made));
    expect(caller).toMatchObject({ status: 200, body: { tenant: 'creating', scopes: ['read', 'submit'] } });

    const { items } = await list(headers);
    expect(items).toHaveLength(2);
    const { key, ...view } = made;
    expect(items[0]).toEqual(view);
    expect(JSON.stringify(items)).not.toContain(key.split('_').at(-1));
    expect(await audited(headers)).toEqual([`api_key.create ${made.key_id}`]);
  });

  it('rotates a key, which then expires', async () => {
    const headers = await admin('rotating');
    const made = await create(headers, { name: 'billing', scopes: ['read'] });
    const body = { overlap_seconds: 3600, expires_in_seconds: 7200 };
    const rotated = await call<RotatedView>('rotateApiKey', headers, { keyId: made.key_id, body });
    const { key, key_id: keyId, replaced, ...successor } = rotated.body;
    expect(successor).toMatchObject({ name: 'billing', scopes: ['read'], state: 'active' });
    expect(replaced).toMatchObject({ key_id: made.key_id, state: 'active' });
    const endsIn = Date.parse(replaced.expire_time ?? '') - Date.now();
    expect(endsIn).toBeLessThanOrEqual(3_600_000);
    expect(endsIn).toBeGreaterThan(3_500_000);
    for (const each of [{ key }, made]) expect(await statusWith(bearer(each))).toBe(200);
    expect(await audited(headers)).toEqual([
      `api_key.create ${made.key_id}`,
      `api_key.rotate ${made.key_id}`,
      `api_key.create ${keyId}`,
    ]);

    // Without a body, the overlap is a day. The overlap does not extend the life of a key that expires earlier.
    const again = await call<RotatedView>('rotateApiKey', headers, { keyId: made.key_id });
    expect(again.body.replaced.expire_time).toBe(replaced.expire_time);
  });

  it('replaces a leaked key immediately', async () => {
    const headers = await admin('leaking');
    const made = await create(headers, { name: 'leaked', scopes: ['read'] });
    const body = { overlap_seconds: 0 };
    const { body: rotated } = await call<RotatedView>('rotateApiKey', headers, { keyId: made.key_id, body });
    expect(rotated.replaced.state).toBe('expired');
    expect(await statusWith(bearer(made))).toBe(401);
    expect(await statusWith(bearer(rotated))).toBe(200);
    const again = await call<ProblemView>('rotateApiKey', headers, { keyId: made.key_id });
    expect(again).toMatchObject({ status: 409, body: { type: 'urn:errand:problem:api-key-ended' } });
    expect(again.body.detail).toBe(
      `The API key ${made.key_id} is expired, so it can't be rotated; create a new key.`,
    );
  });

  it('revokes a key, once', async () => {
    const headers = await admin('revoking');
    const made = await create(headers, { name: 'gone', scopes: ['read'] });
    const revoked = await call<KeyView>('revokeApiKey', headers, { keyId: made.key_id });
    expect(revoked).toMatchObject({ status: 200, body: { state: 'revoked' } });
    expect(await statusWith(bearer(made))).toBe(401);
    expect((await call<KeyView>('revokeApiKey', headers, { keyId: made.key_id })).body).toEqual(revoked.body);
    expect((await list(headers)).items[0]).toEqual(revoked.body);
    expect(await audited(headers)).toEqual([
      `api_key.create ${made.key_id}`,
      `api_key.revoke ${made.key_id}`,
    ]);
  });

  it('reads the list in pages, newest first', async () => {
    const headers = await admin('paging');
    const names = ['one', 'two', 'three', 'four'];
    for (const name of names) await create(headers, { name, scopes: ['read'] });
    const paged: string[] = [];
    let query: string | null = '?limit=2';
    while (query !== null) {
      const page: Schema<'ApiKeyPage'> = await list(headers, query);
      expect(page.items.length).toBeLessThanOrEqual(2);
      paged.push(...page.items.map(({ name }) => name));
      query = page.next_cursor && `?limit=2&cursor=${page.next_cursor}`;
    }
    expect(paged).toEqual([...names.toReversed(), 'test']);
    for (const bad of ['?limit=0', '?cursor=x', '?nope=1'])
      expect((await call('listApiKeys', headers, { query: bad })).status).toBe(400);
  });
});

describe('a key of another tenant', () => {
  it.each(['rotateApiKey', 'revokeApiKey'])('does not exist for %s', async (operation) => {
    const made = await create(await admin('victim'), { name: 'theirs', scopes: ['read'] });
    const attacker = await admin('attacker');
    const theirs = await call<ProblemView>(operation, attacker, { keyId: made.key_id });
    const none = await call<ProblemView>(operation, attacker, { keyId: UNKNOWN });
    expect(theirs.status).toBe(404);
    expect(JSON.stringify(theirs.body).replaceAll(made.key_id, UNKNOWN)).toBe(JSON.stringify(none.body));
    expect(await statusWith(bearer(made))).toBe(200);
    expect(await audited(attacker)).toEqual([]);
  });
});

describe('a key without a scope', () => {
  it('can’t give the scope to another key, and the error names the scope', async () => {
    const headers = await admin('limited', ['admin']);
    const refused = await call<ProblemView>('createApiKey', headers, {
      body: { name: 'more', scopes: ['read', 'admin', 'submit'] },
    });
    expect(refused).toMatchObject({ status: 403, body: { type: 'urn:errand:problem:forbidden' } });
    expect(refused.body.detail).toBe(
      'The key would get the scopes read, submit, which your own key does not have: it has admin. ' +
        "Make the request with a key that has all of the new key's scopes.",
    );
    expect((await create(headers, { name: 'same', scopes: ['admin'] })).scopes).toEqual(['admin']);
  });

  it('can’t rotate a key with that scope, but can revoke it', async () => {
    const headers = await admin('limited-rotation', ['admin']);
    const { record } = await keysOf(cloud).create({
      ...{ name: 'reader', tenant: 'limited-rotation', scopes: ['read'], expireTime: null },
    });
    const refused = await call<ProblemView>('rotateApiKey', headers, { keyId: record.key_id });
    expect(refused.status).toBe(403);
    expect(refused.body.detail).toContain('the scope read,');
    expect((await list(headers)).items).toHaveLength(2);
    expect((await call('revokeApiKey', headers, { keyId: record.key_id })).status).toBe(200);
  });
});

describe('a key that revokes itself', () => {
  it('can’t create another key, even while API Gateway still accepts it', async () => {
    const headers = await admin('self-revoking');
    const { body } = await api.call<Schema<'Caller'>>('GET', '/v1/caller', undefined, headers);
    const keyId = body.actor?.replace('key:', '') ?? '';
    const other = await create(headers, { name: 'other', scopes: ['read'] });
    await call('rotateApiKey', headers, { keyId: other.key_id });
    expect((await call('revokeApiKey', headers, { keyId })).status).toBe(200);
    const before = await keysOf(cloud).list('self-revoking');

    const made = await call<ProblemView>('createApiKey', headers, {
      body: { name: 'new', scopes: ['read'] },
    });
    const rotated = await call<ProblemView>('rotateApiKey', headers, { keyId: other.key_id });
    for (const { status, body: problem } of [made, rotated]) {
      expect([status, problem.detail]).toEqual([401, `The API key ${keyId} is revoked.`]);
    }
    expect(await keysOf(cloud).list('self-revoking')).toEqual(before);
  });
});

describe('an invalid request', () => {
  it.each([
    [{ scopes: ['read'] }, 'name'],
    [{ name: '', scopes: ['read'] }, 'name'],
    [{ name: 'a\nb', scopes: ['read'] }, 'name'],
    [{ name: 'x'.repeat(101), scopes: ['read'] }, 'name'],
    [{ name: 'x', scopes: [] }, 'scopes'],
    [{ name: 'x', scopes: ['write'] }, 'scopes.0'],
    [{ name: 'x', scopes: 'read' }, 'scopes'],
    [{ name: 'x', scopes: ['read'], expires_in_seconds: 0 }, 'expires_in_seconds'],
    [{ name: 'x', scopes: ['read'], expires_in_seconds: 400_000_000 }, 'expires_in_seconds'],
    [{ name: 'x', scopes: ['read'], tenant: 'other' }, 'tenant'],
  ])('is refused with the field’s name: %j', async (body, field) => {
    const headers = await admin('invalid');
    const answer = await call<ProblemView>('createApiKey', headers, { body });
    expect([answer.status, answer.body.errors?.map((error) => error.field)]).toEqual([422, [field]]);
  });

  it('creates no key', async () => {
    const names = (await keysOf(cloud).list('invalid')).map(({ name }) => name);
    expect(new Set(names)).toEqual(new Set(['test']));
  });
});
