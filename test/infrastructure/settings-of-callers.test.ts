import { describe, expect, it } from '@jest/globals';
import { readSettings, resolveSettings } from '../../lib/settings.ts';
import { functionOf, templateOf } from './errand-template.ts';

describe('the settings of who may call, and how much', () => {
  it.each([
    [
      'DEFAULT_TENANT',
      'a#b',
      'a name of 1 to 64 letters, digits and the characters . _ @ : | - that begins with a letter or a digit',
    ],
    ['JWT_AUDIENCE', 'a,,b', 'up to 50 audiences with commas between them'],
    ['JWT_TENANT_CLAIM', 'a b', 'the name of a claim, up to 100 characters'],
    ['JWT_SCOPE_PREFIX', 'a b', 'up to 100 characters that a scope may have'],
    ...['http://example.com/', 'https://example.com/?a=b', 'example.com'].map((issuer) => [
      'JWT_ISSUER',
      issuer,
      'an https URL without a query, such as https://example.eu.auth0.com/, or, for development, http with a loopback address',
    ]),
    ['TENANT_MAX_JOBS_IN_FLIGHT', '1000001', 'a whole number from 0 to 1000000'],
    ['TENANT_SUBMISSIONS_PER_SECOND', '-1', 'a whole number from 0 to 50000'],
  ])('refuse %s "%s"', (name, value, expected) => {
    expect(() => readSettings({ [name]: value })).toThrow(`${name} is "${value}": give ${expected}.`);
  });

  it('leave tenants without limits, unless they give some', () => {
    expect(resolveSettings({})).toMatchObject({ tenantMaxJobsInFlight: 0, tenantSubmissionsPerSecond: 0 });
    const settings = readSettings({ TENANT_MAX_JOBS_IN_FLIGHT: '500', TENANT_SUBMISSIONS_PER_SECOND: '20' });
    expect(settings).toMatchObject({ tenantMaxJobsInFlight: 500, tenantSubmissionsPerSecond: 20 });
    expect(functionOf(templateOf(settings), 'Api').Environment).toMatchObject({
      Variables: { TENANT_MAX_JOBS_IN_FLIGHT: '500', TENANT_SUBMISSIONS_PER_SECOND: '20' },
    });
  });
});
