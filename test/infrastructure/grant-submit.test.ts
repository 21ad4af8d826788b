import { describe, expect, it } from '@jest/globals';
import { Stack } from 'aws-cdk-lib/core';
import { Template } from 'aws-cdk-lib/assertions';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Errand } from '../../lib/errand.ts';
import type { ErrandProps, GrantSubmitOptions } from '../../lib/errand.ts';
import { readApiKey } from '../../lambdas/access/api-key.ts';
import { resourceNamed, resourcesOf, unbundledApp } from './errand-template.ts';

const JWT: ErrandProps = { auth: 'jwt', jwtIssuer: 'https://example.com/', jwtAudience: ['errand'] };
const NONE: ErrandProps = { auth: 'none', allowUnauthenticated: true };

function checkoutFunction(stack: Stack): Function {
  return new Function(stack, 'Checkout', {
    code: Code.fromInline('exports.handler = () => {};'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
  });
}

/** Returns the template of a stack with an `Errand` construct and a function that may submit jobs to it. */
function templateWith(props: ErrandProps, options?: GrantSubmitOptions): Template {
  const stack = new Stack(unbundledApp(), 'Shop');
  new Errand(stack, 'Jobs', props).grantSubmit(checkoutFunction(stack), options);
  return Template.fromStack(stack);
}

function variablesOf(template: Template): Record<string, unknown> {
  const { properties } = resourceNamed(template, 'AWS::Lambda::Function', 'Checkout');
  return (properties.Environment as { Variables: Record<string, unknown> }).Variables;
}

/** Returns a role's policy statements. */
function statementsOf(template: Template, role: string): { Action: string | string[]; Resource: unknown }[] {
  const { properties } = resourceNamed(template, 'AWS::IAM::Policy', role);
  return (properties.PolicyDocument as { Statement: { Action: string; Resource: unknown }[] }).Statement;
}

const url = { 'Fn::GetAtt': [expect.stringMatching(/^JobsApiHttpApi/), 'ApiEndpoint'] };

describe('with API keys, grantSubmit', () => {
  const template = templateWith({ auth: 'api-key' });
  const secret = resourceNamed(template, 'AWS::SecretsManager::Secret', 'JobsCallersKeysCheckout');
  const row = resourceNamed(template, 'Custom::ErrandApiKey', 'JobsCallersKeysCheckout');

  it('passes the API’s URL and the key’s secret to the function', () => {
    expect(variablesOf(template)).toEqual({ ERRAND_URL: url, ERRAND_API_KEY_SECRET_ARN: { Ref: secret.id } });
  });

  it('lets CloudFormation generate the key, so the template contains its id but no secret', () => {
    const { SecretStringTemplate: text, ...generated } = secret.properties.GenerateSecretString as Record<
      string,
      unknown
    >;
    expect(generated).toEqual({
      GenerateStringKey: 'secret',
      PasswordLength: 64,
      ExcludePunctuation: true,
      ExcludeUppercase: true,
      ExcludeCharacters: 'ghijklmnopqrstuvwxyz',
    });
    const { prefix } = JSON.parse(String(text)) as { prefix: string };
    expect(readApiKey(prefix + '0123456789abcdef'.repeat(4))).toBeDefined();
  });

  it('writes the key into the table, with its scopes and its tenant', () => {
    expect(row.properties).toMatchObject({
      secretArn: { Ref: secret.id },
      name: 'Shop/Checkout',
      scopes: ['read', 'submit'],
      tenant: 'default',
    });
    const own = templateWith({ auth: 'api-key', defaultTenant: 'acme' }, { scopes: ['submit', 'submit'] });
    expect(resourceNamed(own, 'Custom::ErrandApiKey', 'Jobs').properties).toMatchObject({
      scopes: ['submit'],
      tenant: 'acme',
    });
    const given = templateWith({ auth: 'api-key' }, { tenant: 'shop' });
    expect(resourceNamed(given, 'Custom::ErrandApiKey', 'Jobs').properties).toMatchObject({ tenant: 'shop' });
  });

  it('lets the function read only its key', () => {
    expect(statementsOf(template, 'CheckoutServiceRole')).toEqual([
      { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: { Ref: secret.id } },
    ]);
  });

  it('lets the key function read the secret, and write rows', () => {
    const [, ...statements] = statementsOf(template, 'JobsCallersKeysFunctionRole');
    expect(statements).toEqual([
      {
        Effect: 'Allow',
        Action: ['dynamodb:DeleteItem', 'dynamodb:UpdateItem'],
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^JobsAuthenticationKeys/), 'Arn'] },
      },
      { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: { Ref: secret.id } },
    ]);
  });

  it('deploys the function only when its key works', () => {
    const { resource } = resourceNamed(template, 'AWS::Lambda::Function', 'Checkout');
    expect(resource.DependsOn).toContain(row.id);
    // The key function must have its permissions before CloudFormation invokes it.
    const policy = resourceNamed(template, 'AWS::IAM::Policy', 'JobsCallersKeysFunctionRole');
    const writer = resourceNamed(template, 'AWS::Lambda::Function', 'JobsCallersKeysFunction');
    expect(writer.resource.DependsOn).toContain(policy.id);
  });

  it('gives each function its own key', () => {
    const stack = new Stack(unbundledApp(), 'Shop');
    const errand = new Errand(stack, 'Jobs', { auth: 'api-key' });
    const shops = [new Stack(stack, 'One'), new Stack(stack, 'Two')].map((scope) => checkoutFunction(scope));
    for (const fn of shops) errand.grantSubmit(fn);
    const keys = Template.fromStack(stack);
    const prefixes = [...resourcesOf(keys, 'AWS::SecretsManager::Secret').values()].flatMap(
      ({ Properties }) => {
        const { SecretStringTemplate: text } = Properties.GenerateSecretString as Record<string, string>;
        return text?.includes('"prefix"') ? [text] : [];
      },
    );
    expect(new Set(prefixes).size).toBe(2);
    expect(resourcesOf(keys, 'Custom::ErrandApiKey').size).toBe(2);
  });

  it('works for a function of another stack, which is deployed later', () => {
    const app = unbundledApp();
    const jobs = new Stack(app, 'Jobs');
    const shop = new Stack(app, 'Shop');
    new Errand(jobs, 'Errand', { auth: 'api-key' }).grantSubmit(checkoutFunction(shop));
    const template = Template.fromStack(shop);
    expect(Object.keys(variablesOf(template))).toEqual(['ERRAND_URL', 'ERRAND_API_KEY_SECRET_ARN']);
    expect(statementsOf(template, 'CheckoutServiceRole')).toHaveLength(1);
    expect(shop.dependencies).toContain(jobs);
    expect(jobs.dependencies).toEqual([]);
  });

  it('adds nothing to a stack that does not call it', () => {
    const stack = new Stack(unbundledApp(), 'Shop');
    new Errand(stack, 'Jobs', { auth: 'api-key' });
    expect(Object.keys(Template.fromStack(stack).toJSON().Resources as object).join()).not.toContain(
      'Callers',
    );
  });
});

describe('with signed requests, grantSubmit', () => {
  /** Returns the API routes that the function may call. */
  const routesOf = (template: Template): string[] => {
    const [statement, ...others] = statementsOf(template, 'CheckoutServiceRole');
    expect(others).toEqual([]);
    expect(statement?.Action).toBe('execute-api:Invoke');
    return [statement?.Resource ?? []].flat().map((arn) => {
      const text = JSON.stringify(arn);
      return text.slice(text.indexOf('/*/') + 3, -4);
    });
  };

  it('lets the role call the scopes’ routes, and creates no key', () => {
    const template = templateWith({ auth: 'iam' });
    expect(variablesOf(template)).toEqual({ ERRAND_URL: url });
    const routes = routesOf(template);
    expect(routes).toEqual(
      expect.arrayContaining(['POST/v1/jobs', 'POST/v1/jobs/*/cancel', 'GET/v1/jobs/*']),
    );
    expect(routes).not.toContain('PUT/v1/schedules/*');
    expect(routes.some((route) => route.includes('webhook-key'))).toBe(false);
    expect(resourcesOf(template, 'Custom::ErrandApiKey').size).toBe(0);
  });

  it('does not let it call routes of other scopes', () => {
    const routes = routesOf(templateWith({ auth: 'iam' }, { scopes: ['submit'] }));
    expect(routes).toContain('POST/v1/jobs');
    expect(routes.filter((route) => !route.startsWith('POST/'))).toEqual([]);
    expect(routesOf(templateWith({ auth: 'iam' }, { scopes: ['admin'] }))).toContain('PUT/v1/schedules/*');
  });
});

it('without authentication, grantSubmit only passes the URL to the function', () => {
  const template = templateWith(NONE);
  expect(variablesOf(template)).toEqual({ ERRAND_URL: url });
  expect(resourcesOf(template, 'Custom::ErrandApiKey').size).toBe(0);
});

describe('grantSubmit refuses', () => {
  it.each<[string, ErrandProps, GrantSubmitOptions, string]>([
    ['tokens', JWT, {}, 'with auth "jwt", callers need a token from your identity provider'],
    ['no scope', {}, { scopes: [] }, 'scopes is []: choose from read, submit, admin.'],
    ['an unknown scope', {}, { scopes: ['write' as 'read'] }, 'scopes is [write]: choose from'],
    ['a tenant that is no name', {}, { tenant: 'a b' }, 'tenant is "a b". Use a name of 1 to 64'],
    [
      'a tenant where IAM has one',
      { auth: 'iam' },
      { tenant: 'acme' },
      'it is defaultTenant, "default": omit tenant',
    ],
  ])('%s', (_name, props, options, message) => {
    expect(() => templateWith(props, options)).toThrow(`grantSubmit(Shop/Checkout): `);
    expect(() => templateWith(props, options)).toThrow(message);
  });

  it('a second grant to the same function', () => {
    const stack = new Stack(unbundledApp(), 'Shop');
    const errand = new Errand(stack, 'Jobs');
    const fn = checkoutFunction(stack);
    errand.grantSubmit(fn);
    expect(() => errand.grantSubmit(fn, { scopes: ['admin'] })).toThrow(
      'Call grantSubmit once, with all scopes.',
    );
  });
});
