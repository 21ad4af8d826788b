import { describe, expect, it } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { readSettings, resolveSettings } from '../../lib/settings/read-settings.ts';
import { functionOf, resourceNamed, resourcesOf, templateOf } from './errand-template.ts';

describe('the settings for callers and their limits', () => {
  it.each([
    [
      'DEFAULT_TENANT',
      'a#b',
      'a name of 1 to 64 letters, digits and the characters . _ @ : | - that begins with a letter or a digit',
    ],
    ['JWT_AUDIENCE', 'a,,b', 'up to 50 comma-separated audiences'],
    ['JWT_TENANT_CLAIM', 'a b', 'a claim’s name, up to 100 characters'],
    ['CONSOLE_CLIENT_ID', 'a b', 'a client id, up to 200 printable characters without spaces'],
    ['JWT_SCOPE_PREFIX', 'a b', 'up to 100 characters that are valid in a scope'],
    ...['http://example.com/', 'https://example.com/?a=b', 'example.com'].map((issuer) => [
      'JWT_ISSUER',
      issuer,
      'an https URL without a query, such as https://example.eu.auth0.com/, or, for development, an http URL with a loopback address',
    ]),
    ...['http://example.com', 'https://example.com/?a=b', 'https://user@example.com', 'jobs.example.com'].map(
      (url) => [
        'APPROVALS_URL',
        url,
        'an https URL without a query, such as https://jobs.example.com, or, for development, an http URL with a loopback address',
      ],
    ),
    ['TENANT_MAX_JOBS_IN_FLIGHT', '1000001', 'a whole number from 0 to 1000000'],
    ['TENANT_SUBMISSIONS_PER_SECOND', '-1', 'a whole number from 0 to 50000'],
    ['TENANT_MAX_WAITS', '501', 'a whole number from 0 to 500'],
    ['MAX_WAITS', '501', 'a whole number from 0 to 500'],
    ['API_RATE_LIMIT', '0', 'a whole number from 1 to 10000'],
    ['API_BURST_LIMIT', '5001', 'a whole number from 1 to 5000'],
  ])('refuse %s "%s"', (name, value, expected) => {
    expect(() => readSettings({ [name]: value })).toThrow(`${name} is "${value}". Use ${expected}.`);
  });

  it('leave tenants without limits by default', () => {
    expect(resolveSettings({})).toMatchObject({ tenantMaxJobsInFlight: 0, tenantSubmissionsPerSecond: 0 });
    const settings = readSettings({ TENANT_MAX_JOBS_IN_FLIGHT: '500', TENANT_SUBMISSIONS_PER_SECOND: '20' });
    expect(settings).toMatchObject({ tenantMaxJobsInFlight: 500, tenantSubmissionsPerSecond: 20 });
    expect(functionOf(templateOf(settings), 'Api').Environment).toMatchObject({
      Variables: { TENANT_MAX_JOBS_IN_FLIGHT: '500', TENANT_SUBMISSIONS_PER_SECOND: '20' },
    });
  });

  it('let one tenant have half of all waits by default, rounded up', () => {
    expect(resolveSettings({})).toMatchObject({ tenantMaxWaits: 2, maxWaits: 4 });
    expect(resolveSettings({ maxWaits: 101 })).toMatchObject({ tenantMaxWaits: 51 });
    expect(resolveSettings({ maxWaits: 0 })).toMatchObject({ tenantMaxWaits: 0 });
    const settings = readSettings({ TENANT_MAX_WAITS: '5', MAX_WAITS: '5' });
    expect(functionOf(templateOf(settings), 'Api').Environment).toMatchObject({
      Variables: { TENANT_MAX_WAITS: '5', MAX_WAITS: '5' },
    });
  });

  it('refuse a console client id without a token issuer', () => {
    expect(() => readSettings({ CONSOLE_CLIENT_ID: 'errand-console' })).toThrow(
      /^CONSOLE_CLIENT_ID "errand-console" is for a console whose users sign in .* Set AUTH to jwt and CONSOLE to true, or omit CONSOLE_CLIENT_ID\.$/,
    );
  });

  it('pass the issuer to the API only if people sign in there', () => {
    const tokens = { AUTH: 'jwt', JWT_ISSUER: 'https://example.com/', JWT_AUDIENCE: 'errand' };
    const variablesOf = (env: Record<string, string>) =>
      (functionOf(templateOf(readSettings(env)), 'Api').Environment as { Variables: object }).Variables;
    expect(variablesOf({ ...tokens, CONSOLE_CLIENT_ID: 'errand-console' })).toMatchObject({
      JWT_ISSUER: 'https://example.com/',
    });
    expect(variablesOf(tokens)).not.toHaveProperty('JWT_ISSUER');
  });

  it('refuse more waits for one tenant than for all tenants together', () => {
    expect(() => readSettings({ TENANT_MAX_WAITS: '5' })).toThrow(
      'TENANT_MAX_WAITS "5" is more than MAX_WAITS "4", the limit across all tenants. ' +
        'Lower TENANT_MAX_WAITS or raise MAX_WAITS.',
    );
  });

  it('throttle the whole API', () => {
    templateOf({ ...readSettings({ API_RATE_LIMIT: '20', API_BURST_LIMIT: '40' }) }).hasResourceProperties(
      'AWS::ApiGatewayV2::Stage',
      { DefaultRouteSettings: { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 } },
    );
  });
});

describe('CORS_ORIGINS', () => {
  it.each([
    'https://app.example.com/',
    'https://app.example.com/path',
    'https://APP.example.com',
    'https://app.example.com:443',
    'https://user@app.example.com',
    'https://*.example.com',
    'https://*',
    'http://app.example.com',
    'http://localhost.example.com',
    'app.example.com',
    'file:///page.html',
    'null',
    '*',
  ])('refuses "%s" in a list', (origin) => {
    expect(() => readSettings({ CORS_ORIGINS: `https://good.example.com,${origin}` })).toThrow(
      `CORS_ORIGINS contains "${origin}". Use comma-separated origins without a path or a trailing slash, ` +
        'such as https://app.example.com or, for development, http://localhost:5173; or only *, for all origins.',
    );
  });

  it('allows every page only if callers must authenticate', () => {
    expect(readSettings({ CORS_ORIGINS: '*' })).toMatchObject({ corsOrigins: ['*'] });
    const open = { AUTH: 'none', ALLOW_UNAUTHENTICATED: 'true' };
    expect(() => readSettings({ ...open, CORS_ORIGINS: '*' })).toThrow(
      /^CORS_ORIGINS "\*" with AUTH "none" lets any web page submit and read jobs/,
    );
    expect(readSettings({ ...open, CORS_ORIGINS: 'http://localhost:5173' })).toMatchObject({ auth: 'none' });
  });

  it('becomes the API’s configuration, with all methods and headers, the exposed response headers, and without cookies', () => {
    const origins = ['https://app.example.com', 'http://localhost:5173', 'http://127.0.0.1:8080'];
    const template = templateOf(readSettings({ CORS_ORIGINS: origins.join(' , ') }));
    expect(
      resourceNamed(template, 'AWS::ApiGatewayV2::Api', 'ErrandApi').properties.CorsConfiguration,
    ).toEqual({
      AllowOrigins: origins,
      AllowMethods: ['POST', 'GET', 'PUT', 'DELETE'],
      AllowHeaders: ['authorization', 'content-type', 'if-none-match'],
      ExposeHeaders: [
        'allow',
        'apigw-requestid',
        'etag',
        'location',
        'retry-after',
        'www-authenticate',
        'x-request-id',
      ],
      MaxAge: 7200,
    });
  });

  it('allows the headers of signed requests', () => {
    const settings = { auth: 'iam', corsOrigins: ['https://app.example.com'] } as const;
    templateOf(settings).hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: { AllowHeaders: Match.arrayWith(['x-amz-date', 'x-amz-security-token']) },
    });
  });

  it('leaves preflights to API Gateway, because no route accepts OPTIONS, and all other requests to the routes', () => {
    const template = templateOf({ corsOrigins: ['https://app.example.com'] });
    const keys = [...resourcesOf(template, 'AWS::ApiGatewayV2::Route').values()].map(({ Properties }) =>
      String(Properties.RouteKey),
    );
    expect(keys.filter((key) => /^(OPTIONS|ANY|\$default)/.test(key))).toEqual([]);
    expect(keys.filter((key) => key.endsWith('{proxy+}'))).toEqual(
      ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'].map((method) => `${method} /{proxy+}`),
    );
  });
});
