import { describe, expect, it } from '@jest/globals';
import { isMessagesUrl } from '../../lib/settings/addresses.ts';
import { readSettings, SettingsError } from '../../lib/settings/read-settings.ts';
import { functionOf, resourceNamed, resourcesOf, templateOf } from './errand-template.ts';

const URL = 'https://example.com/messages';

function variablesOf(template: ReturnType<typeof templateOf>, part: string): Record<string, unknown> {
  return (functionOf(template, part).Environment as { Variables: Record<string, unknown> }).Variables;
}

describe('a deployment that sends messages', () => {
  const template = templateOf({ messagesUrl: URL });
  const secret = resourceNamed(template, 'AWS::SecretsManager::Secret', 'ErrandMessagesKey');
  const parameter = resourceNamed(template, 'AWS::SSM::Parameter', 'ErrandMessagesPerRun');

  it('tells the API whether there is a receiver, and the worker where to find the key and the number of messages', () => {
    expect(variablesOf(template, 'Api')).toMatchObject({ MESSAGES_URL: URL });
    expect(variablesOf(template, 'Api')).not.toHaveProperty('MESSAGES_SECRET_ARN');
    expect(variablesOf(template, 'Worker')).toMatchObject({
      MESSAGES_URL: URL,
      MESSAGES_SECRET_ARN: { Ref: secret.id },
      MESSAGES_PER_RUN_PARAMETER: { Ref: parameter.id },
    });
    for (const part of ['DeadLetter', 'Sweeper', 'Migrations']) {
      expect(JSON.stringify(variablesOf(template, part))).not.toContain('MESSAGES');
    }
  });

  it('leaves the key to the operator, because a generated value would make every message fail', () => {
    expect(secret.properties).not.toHaveProperty('GenerateSecretString');
    expect(secret.properties).not.toHaveProperty('SecretString');
  });

  it('sends two messages per run by default, and 1 to 100 if configured', () => {
    expect(parameter.properties).toMatchObject({ Type: 'String', Value: '2' });
    const pattern = new RegExp(parameter.properties.AllowedPattern as string);
    for (const taken of ['1', '9', '10', '99', '100']) expect(taken).toMatch(pattern);
    for (const refused of ['0', '', '01', '101', '2.5', '-1', 'two']) expect(refused).not.toMatch(pattern);
  });

  it('has outputs for both', () => {
    expect(template.findOutputs('MessagesSecretArn')).toMatchObject({
      MessagesSecretArn: { Value: { Ref: secret.id } },
    });
    expect(template.findOutputs('MessagesPerRunParameter')).toMatchObject({
      MessagesPerRunParameter: { Value: { Ref: parameter.id } },
    });
  });

  it.each([
    ['the key', 'secretsmanager:GetSecretValue', secret.id],
    ['the number', 'ssm:GetParameter', parameter.id],
  ])('lets only the worker read %s', (_what, action, id) => {
    const readers = [...resourcesOf(template, 'AWS::IAM::Policy')].filter(([, policy]) =>
      JSON.stringify(policy).includes(id),
    );
    expect(readers.map(([name]) => name)).toEqual([expect.stringMatching(/^ErrandWorkerFunctionRole/)]);
    const document = readers[0]?.[1].Properties.PolicyDocument as { Statement: { Action: unknown }[] };
    const statements = document.Statement.filter((statement) => JSON.stringify(statement).includes(id));
    expect(statements.map(({ Action }) => Action)).toEqual([action]);
  });
});

describe('a deployment without a receiver', () => {
  it('has no secret, parameter, output or variable for messages', () => {
    const template = templateOf();
    expect(resourcesOf(template, 'AWS::SSM::Parameter').size).toBe(0);
    const secrets = [...resourcesOf(template, 'AWS::SecretsManager::Secret').keys()];
    expect(secrets.filter((id) => id.includes('Messages'))).toEqual([]);
    expect(template.findOutputs('MessagesSecretArn')).toEqual({});
    for (const part of ['Api', 'Worker']) {
      expect(JSON.stringify(variablesOf(template, part))).not.toContain('MESSAGES');
    }
  });
});

describe('MESSAGES_URL', () => {
  it.each([
    URL,
    'https://example.com',
    'https://example.com:8443/a?b=c',
    'https://203.0.113.7/messages',
    'http://127.0.0.1:8080/messages',
    'http://127.0.0.2/',
    'http://[::1]:8080/messages',
  ])('accepts %s', (url) => {
    expect(isMessagesUrl(url)).toBe(true);
  });

  it.each([
    'example.com',
    'http://example.com/messages',
    'http://10.0.0.7/messages',
    'http://localhost:8080/messages',
    'https://localhost/messages',
    'https://user:secret@example.com/',
    'https://example.com/#messages',
    'ftp://example.com/',
    `https://example.com/${'x'.repeat(1_000)}`,
  ])('refuses %p', (url) => {
    expect(isMessagesUrl(url)).toBe(false);
  });

  it('is refused with a hint about what to set', () => {
    expect(() => readSettings({ MESSAGES_URL: 'http://example.com' })).toThrow(SettingsError);
    expect(() => readSettings({ MESSAGES_URL: 'http://example.com' })).toThrow(
      /^MESSAGES_URL is "http:\/\/example\.com"\. Use an https URL .* http:\/\/127\.0\.0\.1:8080\/messages\.$/,
    );
  });
});
