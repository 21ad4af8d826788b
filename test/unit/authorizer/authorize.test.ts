import { describe, expect, it } from '@jest/globals';
import { apiKeyText, newApiKey, secretHash, type KeyRecord } from '../../../lambdas/access/api-key.ts';
import { authorize } from '../../../lambdas/authorizer/authorize.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const KEY = newApiKey();

function ask(header: string | undefined, changes: Partial<KeyRecord> = {}, mayExplain = () => true) {
  const record: KeyRecord = {
    key_id: KEY.keyId,
    name: 'test',
    tenant: 'acme',
    scopes: ['read', 'submit'],
    create_time: new Date(0),
    expire_time: null,
    revoke_time: null,
    ...changes,
  };
  return authorize(header, {
    keys: {
      find: (keyId) =>
        Promise.resolve(keyId === KEY.keyId ? { record, secretHash: secretHash(KEY.secret) } : undefined),
    },
    now: () => NOW,
    mayExplain,
  });
}

/** Authorizes a request, and returns the context that the API function would get. */
async function contextOf(...request: Parameters<typeof ask>) {
  const answer = await ask(...request);
  return answer.isAuthorized ? answer.context : undefined;
}

const bearer = (key = KEY): string => `Bearer ${apiKeyText(key)}`;

describe('the authorizer', () => {
  it('returns a valid key’s tenant and scopes', async () => {
    const context = { tenant: 'acme', scopes: 'read submit', key_id: KEY.keyId };
    expect(await ask(bearer())).toEqual({ isAuthorized: true, context });
    expect(await ask(bearer().replace('Bearer', 'bearer'))).toEqual({ isAuthorized: true, context });
  });

  it('accepts a key until it expires', async () => {
    const before = await contextOf(bearer(), { expire_time: new Date(NOW.getTime() + 1) });
    expect(before).toMatchObject({ tenant: 'acme' });
    expect(await contextOf(bearer(), { expire_time: NOW })).toEqual({
      problem: `The API key ${KEY.keyId} is expired.`,
    });
  });

  it('refuses a revoked key even before it expires', async () => {
    const ends = { revoke_time: NOW, expire_time: new Date(NOW.getTime() + 1) };
    const context = await contextOf(bearer(), ends);
    expect(context).toEqual({ problem: `The API key ${KEY.keyId} is revoked.` });
  });

  it('gives the same response for a wrong secret and a missing key', async () => {
    const problem = 'The API key is not valid.';
    const other = newApiKey();
    expect(await contextOf(bearer(other))).toEqual({ problem });
    expect(await contextOf(bearer({ ...other, keyId: KEY.keyId }))).toEqual({ problem });
    // A request with a wrong secret gets this response even if the key is revoked or expired, because only the key's holder may learn the key's
    // state.
    const revoked = await contextOf(bearer({ ...other, keyId: KEY.keyId }), { revoke_time: NOW });
    expect(revoked).toEqual({ problem });
  });

  it.each([
    [undefined, 'Send an API key'],
    ['Basic YTpi', 'Send an API key'],
    ['Bearer', 'Send an API key'],
    ['Bearer eyJhbGciOiJIUzI1NiJ9.e30.x', 'does not contain an API key for this service'],
  ])('asks for a key if the header is %j', async (header, problem) => {
    expect(await contextOf(header)).toEqual({ problem: expect.stringContaining(problem) as unknown });
  });

  it('denies a key without an explanation above the limit, and still accepts valid keys', async () => {
    const never = () => false;
    expect(await ask(bearer(newApiKey()), {}, never)).toEqual({ isAuthorized: false });
    expect(await ask(bearer(), { revoke_time: NOW }, never)).toEqual({ isAuthorized: false });
    expect(await contextOf(bearer(), {}, never)).toMatchObject({ tenant: 'acme' });
  });
});
