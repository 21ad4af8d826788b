import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient, type ProblemView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';

let cloud: Cloud;
let api: ApiClient;

beforeAll(async () => {
  cloud = await startCloud({ JOB_TIMEOUT: '20', JOB_PREFETCH: '4' });
  api = cloud.api;
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

async function refused(method: string, path: string, body?: unknown, headers?: Record<string, string>) {
  const answer = await api.call<ProblemView>(method, path, body, headers);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.body.status).toBe(answer.status);
  expect(answer.body.type).toMatch(/^urn:errand:problem:[a-z-]+$/);
  return {
    status: answer.status,
    fields: (answer.body.errors ?? []).map(({ field }) => field),
    problem: answer.body,
  };
}

const UNKNOWN = '01900000-0000-7000-8000-000000000000';

describe('a submission is refused, with the field’s name,', () => {
  const nested = '['.repeat(100) + ']'.repeat(100);
  const cases: [why: string, body: unknown, status: number, fields: string[]][] = [
    ['for bad JSON', '{"type": "sleep"', 400, ['body']],
    ['for an empty body', '', 400, ['body']],
    ['for JSON that is not an object', '[1]', 422, ['body']],
    ['for an unknown field', { objectid: 1, nope: 2 }, 422, ['objectid', 'nope']],
    ['for an unknown job type', { type: 'nope' }, 422, ['type']],
    ['for a type that is not a string', { type: 7 }, 422, ['type']],
    ['for a payload that does not match its schema', { payload: { seconds: -1 } }, 422, ['payload.seconds']],
    ['for an unknown payload field', { payload: { second: 1 } }, 422, ['payload.second']],
    ['for a payload that is not an object', { payload: [] }, 422, ['payload']],
    ['for an empty object_id', { object_id: '' }, 422, ['object_id']],
    ['for a long object_id', { object_id: 'x'.repeat(257) }, 422, ['object_id']],
    ['for an object_id with a control character', { object_id: 'a\nb' }, 422, ['object_id']],
    ['for a fractional object_id', { object_id: 1.5 }, 422, ['object_id']],
    ['for a null object_id', { object_id: null }, 422, ['object_id']],
    ['for an integer that JavaScript would change', '{"object_id": 9007199254740993}', 422, ['object_id']],
    [
      'for a number beyond the range of a double',
      '{"payload": {"seconds": 1e999}}',
      422,
      ['payload.seconds'],
    ],
    ['for the character NUL', { object_id: 'a\u0000b' }, 422, ['object_id']],
    ['for half a surrogate pair', '{"payload": {"a": "\\ud800"}}', 422, ['payload.a']],
    [
      'for deep nesting',
      `{"payload": ${nested}}`,
      422,
      [expect.stringMatching(/^payload\.0\.0/) as unknown as string],
    ],
    ['for a delay that is too long', { delay_seconds: 365 * 86_400 + 1 }, 422, ['delay_seconds']],
    ['for a delay that is a string', { delay_seconds: '5' }, 422, ['delay_seconds']],
    ['for an invalid run_at', { run_at: 'tomorrow' }, 422, ['run_at']],
    ['for a run_at without an offset', { run_at: '2030-01-01T00:00:00' }, 422, ['run_at']],
    ['for a run_at too far in the future', { run_at: '2100-01-01T00:00:00Z' }, 422, ['run_at']],
    ['for both a delay and a run_at', { delay_seconds: 1, run_at: '2020-01-01T00:00:00Z' }, 422, ['run_at']],
    ['for no attempts', { max_attempts: 0 }, 422, ['max_attempts']],
    ['for too many attempts', { max_attempts: 21 }, 422, ['max_attempts']],
    ['for a timeout above the deployment’s', { timeout_seconds: 21 }, 422, ['timeout_seconds']],
    ['for an unknown on_duplicate', { on_duplicate: 'ignore' }, 422, ['on_duplicate']],
  ];

  it.each(cases)('%s', async (_why, body, status, fields) => {
    const answer = await refused('POST', '/v1/jobs', body);
    expect(answer).toMatchObject({ status, fields });
  });

  it('for a body above the limit', async () => {
    const answer = await refused('POST', '/v1/jobs', { payload: { text: 'x'.repeat(300 * 1024) } });
    expect(answer).toMatchObject({ status: 413, fields: ['body'] });
  });

  it('for a payload above the limit', async () => {
    const answer = await refused('POST', '/v1/jobs', { payload: { text: 'x'.repeat(257 * 1024) } });
    expect(answer).toMatchObject({ status: 413, fields: ['payload'] });
  });

  it('for another content type', async () => {
    const answer = await refused('POST', '/v1/jobs', 'a=b', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(answer).toMatchObject({ status: 415, fields: ['headers.content-type'] });
  });

  it('for a webhook, if none are allowed, with the name of the setting that allows them', async () => {
    const answer = await refused('POST', '/v1/jobs', {
      type: 'webhook',
      payload: { url: 'https://example.com/' },
    });
    expect(answer).toMatchObject({ status: 422, fields: ['payload.url'] });
    expect(answer.problem.detail).toContain('WEBHOOK_ALLOWED_HOSTS=example.com');
  });

  it.each([
    ['GET', '/v1/webhook-key', undefined],
    ['POST', '/v1/webhook-key/rotate', { generation: 1 }],
  ])('for the webhook key, if webhooks are not signed: %s %s', async (method, path, given) => {
    const { status, body } = await api.call<ProblemView>(method, path, given);
    expect(status).toBe(409);
    expect(body.type).toBe('urn:errand:problem:webhooks-unavailable');
    expect(body.detail).toContain('WEBHOOK_ALLOWED_HOSTS=example.com');
  });

  it.each([
    ['GET', '/v1/api-keys', undefined],
    ['POST', '/v1/api-keys', { name: 'billing', scopes: ['read'] }],
    ['POST', '/v1/api-keys/0000000000000000/rotate', undefined],
    ['POST', '/v1/api-keys/0000000000000000/revoke', undefined],
  ])('for API keys, if callers have none: %s %s', async (method, path, given) => {
    const { status, body } = await api.call<ProblemView>(method, path, given);
    expect([status, body.type]).toEqual([409, 'urn:errand:problem:api-keys-unavailable']);
    expect(body.detail).toBe(
      'This deployment has no API keys, because its AUTH setting is none: set AUTH=api-key, and deploy again.',
    );
  });

  it('and nothing was written', async () => {
    const { body } = await api.call<{ items: unknown[] }>('GET', '/v1/jobs');
    expect(body.items).toEqual([]);
  });
});

describe('a query is refused, with the parameter’s name,', () => {
  it.each([
    ['status=done', 'status'],
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=ten', 'limit'],
    ['cursor=nonsense', 'cursor'],
    ['cursor=AAAAAAAAAAAAAAAAAAAAA%00', 'cursor'],
    ['object_id=%00', 'object_id'],
    ['page=2', 'page'],
  ])('%s', async (query, field) => {
    expect(await refused('GET', `/v1/jobs?${query}`)).toMatchObject({ status: 400, fields: [field] });
  });
});

describe('a path is refused', () => {
  it.each([
    ['GET', `/v1/jobs/${UNKNOWN}`, 'job-not-found', 404],
    ['GET', `/v1/jobs/${UNKNOWN}/attempts`, 'job-not-found', 404],
    ['POST', `/v1/jobs/${UNKNOWN}/cancel`, 'job-not-found', 404],
    ['POST', `/v1/jobs/${UNKNOWN}/retry`, 'job-not-found', 404],
    ['GET', '/v1/jobs/42', 'invalid-request', 400],
    ['GET', '/v2/jobs', 'not-found', 404],
    ['DELETE', '/v1/jobs', 'method-not-allowed', 405],
    ['PUT', `/v1/jobs/${UNKNOWN}`, 'method-not-allowed', 405],
  ])('%s %s is %s', async (method, path, slug, status) => {
    const answer = await refused(method, path);
    expect(answer.status).toBe(status);
    expect(answer.problem.type).toBe(`urn:errand:problem:${slug}`);
  });
});

describe('a method is refused', () => {
  it.each([
    ['PUT', '/v1/jobs/bulk', 'POST'],
    ['GET', '/v1/jobs/bulk', 'POST'],
    ['PUT', `/v1/jobs/${UNKNOWN}`, 'GET'],
  ])('%s at %s, with Allow: %s', async (method, path, allow) => {
    const answer = await api.call(method, path);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
  });
});

describe('a message is refused, with the field’s name,', () => {
  const to = '+905551111111';
  const content = 'Hello';
  it.each([
    ['without a number', { content }, 'to'],
    ['for a number without a plus', { to: '905551111111', content }, 'to'],
    ['for a number that is too long', { to: '+9055511111111234', content }, 'to'],
    ['for a phone number that is a JSON number', { to: 905551111111, content }, 'to'],
    ['without content', { to }, 'content'],
    ['for empty content', { to, content: '' }, 'content'],
    ['for content of 1,001 characters', { to, content: 'x'.repeat(1_001) }, 'content'],
    ['for a control character', { to, content: 'a\u0007' }, 'content'],
    ['for an unknown field', { to, content, from: to }, 'from'],
    ['for JSON that is not an object', [], 'body'],
  ])('%s', async (_why, body, field) => {
    expect(await refused('POST', '/v1/messages', body)).toMatchObject({ status: 422, fields: [field] });
  });

  it.each([
    ['/v1/messages?status=done', 'status'],
    ['/v1/messages?limit=101', 'limit'],
    ['/v1/messages?cursor=x', 'cursor'],
    ['/messages/sent?status=sent', 'status'],
    ['/v1/messages/7', 'message_id'],
  ])('when it is requested by %s', async (path, field) => {
    expect(await refused('GET', path)).toMatchObject({ status: 400, fields: [field] });
  });

  it('when the id does not exist', async () => {
    expect(await refused('GET', `/v1/messages/${UNKNOWN}`)).toMatchObject({
      status: 404,
      problem: { type: 'urn:errand:problem:message-not-found' },
    });
  });
});

describe('a run of send_messages is refused', () => {
  it('in a deployment without MESSAGES_URL, with the setting’s name', async () => {
    const { status, fields, problem } = await refused('POST', '/v1/jobs', { type: 'send_messages' });
    expect({ status, fields }).toEqual({ status: 422, fields: ['payload'] });
    expect(problem.detail).toContain('MESSAGES_URL');
  });
});
