import { describe, expect, it } from '@jest/globals';
import { readHostEntry } from '../../lambdas/access/host-entry.ts';
import { readSettings, resolveSettings } from '../../lib/settings/read-settings.ts';
import { functionOf, resourceNamed, resourcesOf, templateOf } from './errand-template.ts';
import { problemsOf } from './setting-problems.ts';

const SECRET = 'AWS::SecretsManager::Secret';

function variablesOf(template: ReturnType<typeof templateOf>, part: string): Record<string, unknown> {
  return (functionOf(template, part).Environment as { Variables: Record<string, unknown> }).Variables;
}

describe('a deployment that sends webhooks', () => {
  const template = templateOf({ webhookAllowedHosts: ['example.com', '*.example.org:8443'] });
  const secret = resourceNamed(template, SECRET, 'ErrandWebhooks');

  it('passes the allowed hosts and the secret for the keys to the API and the worker', () => {
    const hosts = { WEBHOOK_ALLOWED_HOSTS: 'example.com,*.example.org:8443' };
    expect(variablesOf(template, 'Worker')).toMatchObject({
      ...hosts,
      WEBHOOK_SECRET_ARN: { Ref: secret.id },
    });
    expect(variablesOf(template, 'Api')).toMatchObject({ ...hosts, WEBHOOK_SECRET_ARN: { Ref: secret.id } });
    for (const part of ['DeadLetter', 'Sweeper', 'Migrations']) {
      expect(JSON.stringify(variablesOf(template, part))).not.toContain('WEBHOOK');
    }
  });

  it('does not derive keys from the secret of earlier versions, which every receiver has', () => {
    expect(secret.id).toMatch(/^ErrandWebhooksKeySecret/);
  });

  it('generates the secret, and has an output for it', () => {
    expect(secret.properties.GenerateSecretString).toEqual({ PasswordLength: 64, ExcludePunctuation: true });
    expect(template.findOutputs('WebhookSecretArn')).toMatchObject({
      WebhookSecretArn: { Value: { Ref: secret.id } },
    });
  });

  it('lets only the API and the worker read the secret', () => {
    const readers = [...resourcesOf(template, 'AWS::IAM::Policy')].filter(([, policy]) =>
      JSON.stringify(policy).includes(secret.id),
    );
    expect(readers.map(([id]) => id).sort()).toEqual([
      expect.stringMatching(/^ErrandApiFunctionRole/),
      expect.stringMatching(/^ErrandWorkerFunctionRole/),
    ]);
    for (const [, { Properties }] of readers) {
      const document = Properties.PolicyDocument as { Statement: { Action: unknown }[] };
      const statements = document.Statement.filter((statement) =>
        JSON.stringify(statement).includes(secret.id),
      );
      expect(statements.map(({ Action }) => Action)).toEqual(['secretsmanager:GetSecretValue']);
    }
  });
});

describe('a deployment without webhooks', () => {
  it('has no secret, output or variable for webhooks', () => {
    const template = templateOf();
    expect([...resourcesOf(template, SECRET).keys()].filter((id) => id.includes('Webhook'))).toEqual([]);
    expect(template.findOutputs('WebhookSecretArn')).toEqual({});
    for (const part of ['Api', 'Worker']) {
      expect(JSON.stringify(variablesOf(template, part))).not.toContain('WEBHOOK');
    }
  });
});

describe('WEBHOOK_ALLOWED_HOSTS', () => {
  it.each([
    'example.com',
    'Example.COM',
    'example.com:443',
    'example.com:8443',
    'https://example.com',
    'http://example.com',
    '*.example.com',
    '*.example.com:8443',
    'xn--mnchen-3ya.de',
    '203.0.113.7',
    '10.0.0.7:8443',
    'http://127.0.0.1:8080',
    'http://[::1]:8080',
    'acme:example.com',
    'acme:eu:*.example.com:8443',
    'acme:http://127.0.0.1:8080',
  ])('accepts %s', (entry) => {
    expect(readHostEntry(entry)).toBeDefined();
  });

  it.each([
    '',
    '*',
    '*.com',
    '*.*.example.com',
    'api.*.example.com',
    'localhost',
    'http://localhost:8080',
    'ftp://example.com',
    'https://example.com/hooks',
    'https://example.com/',
    'user:secret@example.com',
    'example.com?x',
    'example.com:99999',
    'example.com.',
    'exa mple.com',
    'münchen.de',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '*.127.0.0.1',
    '[::ffff:127.0.0.1]',
    '[0:0:0:0:0:0:0:1]',
    '10.0.0.0/8',
    'acme:localhost',
    'ac me:example.com',
    ':example.com',
  ])('refuses %p', (entry) => {
    expect(readHostEntry(entry)).toBeUndefined();
  });

  it('is refused with the invalid entry and a hint about what to set', () => {
    const [problem] = problemsOf(() =>
      readSettings({ WEBHOOK_ALLOWED_HOSTS: 'example.com, localhost:8080,example.org' }),
    );
    expect(problem).toMatch(
      /^WEBHOOK_ALLOWED_HOSTS contains "localhost:8080"\. Use comma-separated hosts, .* http:\/\/127\.0\.0\.1:8080/,
    );
    expect(problemsOf(() => resolveSettings({ webhookAllowedHosts: ['*'] }))).toEqual([
      expect.stringMatching(/^webhookAllowedHosts contains "\*"\. Use comma-separated hosts,/),
    ]);
  });

  it('is refused if it would not fit into a function’s environment', () => {
    const hosts = Array.from({ length: 200 }, (_, index) => `host-${index}.example.com`).join(',');
    expect(problemsOf(() => readSettings({ WEBHOOK_ALLOWED_HOSTS: hosts }))).toEqual([
      expect.stringContaining('up to 2000 characters'),
    ]);
  });
});
