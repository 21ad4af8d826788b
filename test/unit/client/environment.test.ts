import { afterEach, describe, expect, it } from '@jest/globals';
import { createErrand, type ErrandOptions } from 'errand-client';
import { JOB } from './fake-api.ts';

const VARIABLES = ['ERRAND_URL', 'ERRAND_API_KEY', 'ERRAND_API_KEY_SECRET_ARN'] as const;

afterEach(() => {
  for (const name of VARIABLES) Reflect.deleteProperty(process.env, name);
});

/** Creates a client with the given environment variables, and returns the client's first request. */
async function firstRequest(
  variables: Partial<Record<(typeof VARIABLES)[number], string>>,
  options: ErrandOptions = {},
): Promise<{ url: string; authorization: string | null }> {
  Object.assign(process.env, variables);
  const sent: { url: string; authorization: string | null }[] = [];
  const errand = createErrand({
    ...options,
    fetch: ({ url, headers }) => {
      sent.push({ url, authorization: headers.get('authorization') });
      return Promise.resolve(Response.json(JOB));
    },
  });
  await errand.get('an-id');
  const [first] = sent;
  if (!first) throw new Error('No request was sent.');
  return first;
}

describe('a client without a url', () => {
  it('reads the URL from ERRAND_URL, and the key from ERRAND_API_KEY', async () => {
    expect(await firstRequest({ ERRAND_URL: 'https://example.com/', ERRAND_API_KEY: 'a-key' })).toEqual({
      url: 'https://example.com/v1/jobs/an-id',
      authorization: 'Bearer a-key',
    });
  });

  it('prefers the given key', async () => {
    const variables = { ERRAND_URL: 'https://example.com', ERRAND_API_KEY: 'a-key' };
    const { authorization } = await firstRequest(variables, { apiKey: 'another' });
    expect(authorization).toBe('Bearer another');
  });

  it('explains how to set one', () => {
    expect(() => createErrand()).toThrow(
      new TypeError(
        'createErrand has no url. Pass the stack’s ApiUrl output, set ERRAND_URL, or call errand.grantSubmit(fn) in the stack of your Lambda function.',
      ),
    );
  });
});

describe('a client with a url', () => {
  it("never sends the environment's key, because the URL may belong to another service", async () => {
    const variables = { ERRAND_URL: 'https://example.com', ERRAND_API_KEY: 'a-key' };
    const { url, authorization } = await firstRequest(variables, { url: 'https://example.org' });
    expect([url, authorization]).toEqual(['https://example.org/v1/jobs/an-id', null]);
  });
});
