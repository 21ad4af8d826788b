import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createSignInOrigins } from '../../../lambdas/api/sign-in-origins.ts';

const ISSUER = 'https://cognito-idp.eu-west-1.amazonaws.com/pool';
const TOKENS = 'https://shop.auth.eu-west-1.amazoncognito.com';

afterEach(() => {
  jest.restoreAllMocks();
});

const answerWith = (answer: () => Promise<Response>) =>
  jest.spyOn(globalThis, 'fetch').mockImplementation(answer);
const warn = jest.fn();

describe('the sign-in origins', () => {
  it('are the issuer’s and its token endpoint’s, which is requested once', async () => {
    const asked = answerWith(() =>
      Promise.resolve(Response.json({ token_endpoint: `${TOKENS}/oauth2/token` })),
    );
    const origins = createSignInOrigins(ISSUER, { warn });
    expect(await origins()).toEqual(['https://cognito-idp.eu-west-1.amazonaws.com', TOKENS]);
    await origins();
    expect(asked.mock.calls.map(([address]) => address)).toEqual([
      `${ISSUER}/.well-known/openid-configuration`,
    ]);
  });

  it('are only the issuer’s while it does not respond, and are requested again', async () => {
    answerWith(() => Promise.reject(new TypeError('fetch failed')));
    const origins = createSignInOrigins(ISSUER, { warn });
    expect(await origins()).toEqual(['https://cognito-idp.eu-west-1.amazonaws.com']);
    expect(warn).toHaveBeenCalledWith(
      'issuer_unavailable',
      expect.any(String),
      expect.objectContaining({ issuer: ISSUER }),
    );
    answerWith(() => Promise.resolve(Response.json({ token_endpoint: `${TOKENS}/oauth2/token` })));
    expect(await origins()).toHaveLength(2);
  });

  it('are empty without an issuer', async () => {
    const asked = answerWith(() => Promise.reject(new Error('nobody asks')));
    expect(await createSignInOrigins(undefined, { warn })()).toEqual([]);
    expect(asked).not.toHaveBeenCalled();
  });
});
