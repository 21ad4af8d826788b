import { describe, expect, it } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import type { Template } from 'aws-cdk-lib/assertions';
import { routes } from '../../lib/routes.ts';
import { functionOf, resourceNamed, resourcesOf, templateOf } from './errand-template.ts';

function authorizationByRoute(template: Template): Record<string, unknown> {
  return Object.fromEntries<unknown>(
    [...resourcesOf(template, 'AWS::ApiGatewayV2::Route').values()].map(({ Properties }) => [
      String(Properties.RouteKey),
      Properties.AuthorizationType,
    ]),
  );
}

/** Routes for callers without credentials. The token in an approval's path is itself a credential. */
const OPEN_ROUTES = [
  'GET /approvals/{token}',
  'GET /console',
  'GET /console/{file}',
  'GET /docs',
  'GET /docs/{file}',
  'GET /health-alive',
  'POST /approvals/{token}',
];

/** Returns patterns that match the routes on which API Gateway may invoke the function. */
function callablePatterns(template: Template): RegExp[] {
  const { id } = resourceNamed(template, 'AWS::Lambda::Function', 'ErrandApiFunction');
  return [...resourcesOf(template, 'AWS::Lambda::Permission').values()]
    .map(({ Properties }) => Properties)
    .filter(({ FunctionName }) => JSON.stringify(FunctionName).includes(`"${id}"`))
    .map(({ SourceArn }) => (SourceArn as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1].at(-1))
    .map((suffix) => new RegExp(`^${String(suffix).replaceAll('*', '.*')}$`));
}

describe('the HTTP API', () => {
  it('has the routes in the list, and sends all other requests to the same function', () => {
    // WHEN
    const template = templateOf();
    // THEN
    expect(Object.keys(authorizationByRoute(template)).sort()).toEqual(
      ['$default', ...routes.map(({ method, path }) => `${method} ${path}`)].sort(),
    );
    const { id } = resourceNamed(template, 'AWS::Lambda::Function', 'ErrandApiFunction');
    template.allResourcesProperties('AWS::ApiGatewayV2::Integration', {
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { 'Fn::GetAtt': [id, 'Arn'] },
      PayloadFormatVersion: '2.0',
    });
  });

  it.each([
    [{}, 'CUSTOM'],
    [{ auth: 'api-key' }, 'CUSTOM'],
    [{ auth: 'iam' }, 'AWS_IAM'],
    [{ auth: 'jwt', jwtIssuer: 'https://example.com/', jwtAudience: ['errand'] }, 'JWT'],
  ] as const)(
    'with %j asks for credentials on every route except those open to everyone: %s',
    (settings, authorization) => {
      // WHEN
      const template = templateOf(settings);
      const routes = Object.entries(authorizationByRoute(template));
      const isOpen = ([, type]: [string, unknown]): boolean => type === 'NONE';
      // THEN
      expect(
        routes
          .filter(isOpen)
          .map(([route]) => route)
          .sort(),
      ).toEqual(OPEN_ROUTES);
      expect(new Set(routes.filter((route) => !isOpen(route)).map(([, type]) => type))).toEqual(
        new Set([authorization]),
      );
      const authorizers = resourcesOf(template, 'AWS::ApiGatewayV2::Authorizer').size;
      expect(authorizers).toBe(authorization === 'AWS_IAM' ? 0 : 1);
      expect(resourcesOf(template, 'AWS::DynamoDB::Table').size).toBe(authorization === 'CUSTOM' ? 2 : 1);
    },
  );

  it('caches a key’s permissions for half a minute, separately for each route', () => {
    templateOf().hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      IdentitySource: ['$request.header.Authorization', '$context.routeKey'],
      AuthorizerResultTtlInSeconds: 30,
    });
  });

  it('protects the key table with point-in-time recovery, and retains it after the stack, unless its creation is rolled back', () => {
    const { resource, properties } = resourceNamed(
      templateOf(),
      'AWS::DynamoDB::Table',
      'ErrandAuthenticationKeys',
    );
    expect(resource).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
    expect(properties).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  it('accepts an issuer’s tokens for an audience', () => {
    const settings = { auth: 'jwt', jwtIssuer: 'https://example.com/', jwtAudience: ['errand'] } as const;
    templateOf(settings).hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: 'https://example.com/', Audience: ['errand'] },
    });
  });

  it('serves no console if the settings turn it off', () => {
    // WHEN
    const served = Object.keys(authorizationByRoute(templateOf({ console: false })));
    // THEN
    expect(served).toContain('GET /health-alive');
    expect(served.filter((route) => route.includes('/console'))).toEqual([]);
  });

  it('asks for no credentials if that was allowed', () => {
    // WHEN
    const template = templateOf({ auth: 'none', allowUnauthenticated: true });
    // THEN
    expect(new Set(Object.values(authorizationByRoute(template)))).toEqual(new Set(['NONE']));
  });

  it('may call the function for every route, including the one without a path', () => {
    // WHEN
    const patterns = callablePatterns(templateOf());
    // THEN
    const called = ['/$default/$default', ...routes.map(({ method, path }) => `/$default/${method}${path}`)];
    for (const arn of called) expect(patterns.some((pattern) => pattern.test(arn))).toBe(true);
  });

  it('waits longer than the function’s timeout', () => {
    expect(functionOf(templateOf(), 'Api').Timeout).toBeLessThan(30);
  });

  it('throttles its callers, and allows no web pages from other origins', () => {
    // WHEN
    const template = templateOf();
    // THEN
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1000 },
    });
    template.allResourcesProperties('AWS::ApiGatewayV2::Api', {
      ProtocolType: 'HTTP',
      CorsConfiguration: Match.absent(),
    });
  });

  it("keeps its access log where the account's policy allows any number of APIs", () => {
    // WHEN
    const { id, properties } = resourceNamed(templateOf(), 'AWS::Logs::LogGroup', 'ErrandApiAccessLogs');
    // THEN
    expect(properties.LogGroupName).toEqual({
      'Fn::Join': [
        '',
        [
          '/aws/vendedlogs/',
          { Ref: 'AWS::StackName' },
          `-${id}-`,
          {
            'Fn::Select': [
              0,
              { 'Fn::Split': ['-', { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }] },
            ],
          },
        ],
      ],
    });
  });

  it('logs the caller and the route, but no paths, headers or queries', () => {
    // WHEN
    const { properties } = resourceNamed(templateOf(), 'AWS::ApiGatewayV2::Stage', 'ErrandApi');
    // THEN
    const { Format } = properties.AccessLogSettings as { Format: string };
    expect(JSON.parse(Format)).toMatchObject({
      request_id: '$context.requestId',
      route: '$context.routeKey',
      status: '$context.status',
    });
    expect(Format).not.toMatch(/\$context\.(path|authorizer|identity\.(?!sourceIp)|.*[hH]eader|.*[qQ]uery)/);
  });
});
