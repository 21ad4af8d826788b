import { describe, expect, it } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { callerOf, requireScope, type Caller } from '../../../lambdas/api/caller.ts';
import { HttpError } from '../../../lambdas/middleware/problem.ts';

function caller(auth: string, authorizer?: unknown, scopePrefix = ''): Caller {
  const event = { requestContext: { authorizer } } as unknown as APIGatewayProxyEventV2;
  return callerOf(event, { auth, defaultTenant: 'home', tenantClaim: 'org', scopePrefix });
}

function statusOf(action: () => unknown): number | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof HttpError) return error.status;
    throw error;
  }
  return undefined;
}

const ALL = ['read', 'submit', 'admin'];

describe('the caller', () => {
  it('is the default tenant without authentication', () => {
    expect(caller('none')).toEqual({ tenant: 'home', scopes: ALL, actor: null });
  });

  it('is the default tenant with a signature, and nobody without one', () => {
    expect(caller('iam', { iam: { userArn: 'arn:x' } })).toEqual({
      tenant: 'home',
      scopes: ALL,
      actor: 'arn:x',
    });
    for (const authorizer of [undefined, {}, { lambda: { tenant: 'a', scopes: 'read' } }]) {
      expect(statusOf(() => caller('iam', authorizer))).toBe(401);
    }
  });

  it('is the key’s tenant', () => {
    expect(caller('api-key', { lambda: { tenant: 'acme', scopes: 'read submit', key_id: '0123' } })).toEqual({
      tenant: 'acme',
      scopes: ['read', 'submit'],
      actor: 'key:0123',
    });
  });

  it.each([
    undefined,
    {},
    { lambda: null },
    { lambda: { problem: 'No.' } },
    { lambda: { problem: 'No.', tenant: 'acme', scopes: 'read' } },
    { lambda: { scopes: 'read' } },
    { jwt: { claims: { org: 'acme', scope: 'read' } } },
  ])('with AUTH=api-key is nobody if the authorizer returned %j', (authorizer) => {
    expect(statusOf(() => caller('api-key', authorizer))).toBe(401);
  });

  it.each([
    [{ scope: 'read admin' }, '', ['read', 'admin']],
    [{ scp: '[read submit]' }, '', ['read', 'submit']],
    [{ scope: 'errand/read other/admin submit' }, 'errand/', ['read']],
    [{ scope: 'openid' }, '', []],
    [{ scope: 'files[admin]' }, '', []],
    [{ scope: 'billing,admin' }, '', []],
    [{ scope: 'read\tadmin' }, '', []],
    [{ scope: 'x [admin] y' }, '', []],
    [{ scp: '[billing,admin read]' }, '', ['read']],
    [{ scp: '[files[admin]]' }, '', []],
    [{ scp: '[errand/read admin]' }, 'errand/', ['read']],
    [{}, '', []],
  ])('is the token’s tenant; its claims %j with the prefix %j allow %j', (claims, prefix, scopes) => {
    expect(caller('jwt', { jwt: { claims: { org: 'acme', ...claims } } }, prefix)).toEqual({
      tenant: 'acme',
      scopes,
      actor: null,
    });
  });

  it.each([
    ['auth0|5f7c', 'subject:auth0|5f7c'],
    ['a\0b\ud800', 'subject:a\ufffdb\ufffd'],
    ['x'.repeat(300), `subject:${'x'.repeat(255)}`],
    ['', null],
    [undefined, null],
  ])('of a token with the subject %j is %j in the audit', (sub, actor) => {
    expect(caller('jwt', { jwt: { claims: { org: 'acme', sub } } })).toMatchObject({ actor });
  });

  it('must have a valid tenant name', () => {
    const unnamed = ['', 'a#b', 'true', 'false', 'null', null, true].map((org) => ({ org }));
    for (const claims of [{}, { tenant: 'acme' }, ...unnamed]) {
      expect(statusOf(() => caller('jwt', { jwt: { claims } }))).toBe(403);
    }
    expect(statusOf(() => caller('jwt', { lambda: { tenant: 'acme', scopes: 'read' } }))).toBe(401);
  });

  it('needs exactly an operation’s scope, because no scope includes another', () => {
    for (const scope of ['read', 'submit', 'admin'] as const) {
      for (const has of ['read', 'submit', 'admin'] as const) {
        const status = statusOf(() => {
          requireScope([has], scope);
        });
        expect(status).toBe(has === scope ? undefined : 403);
      }
    }
  });
});
