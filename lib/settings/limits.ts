import { wholeNumber } from './kinds.ts';
import { derived, setting } from './setting.ts';
import type { Relation } from './setting.ts';

/** Settings that limit what callers can do. */
export const limitSettings = {
  tenantMaxJobsInFlight: setting({
    text:
      'The maximum number of unfinished jobs per tenant. Above this number, submissions and retries get 429, and ' +
      'schedule firings are skipped. 0 means no limit.',
    // Errand's own limit. A worker needs more than a day for a million jobs of a few seconds each, so a higher limit would make no difference.
    kind: wholeNumber(0, 1_000_000),
    default: 0,
  }),
  tenantSubmissionsPerSecond: setting({
    text:
      'The maximum number of jobs that one tenant may submit or retry per second. Further requests get 429. 0 means no limit. ' +
      'With a limit, each request that submits or retries jobs makes one more call to DynamoDB.',
    // The highest rate that the default `apiRateLimit` allows: 500 requests per second, with a batch of 100 jobs each.
    kind: wholeNumber(0, 50_000),
    default: 0,
  }),
  maxWaits: setting({
    text:
      'The maximum number of concurrent requests that wait for a job to end (`?wait=`), across all tenants. Further requests ' +
      "return the job's current state immediately. 0 disables waiting. Each wait occupies one of the account’s concurrent executions " +
      'for up to 25 seconds. Raise the limit if the account’s concurrency quota is higher than 10, the quota of a new account.',
    // Errand's own limit: half of the default account quota of 1,000 executions.
    kind: wholeNumber(0, 500),
    default: 4,
  }),
  tenantMaxWaits: setting({
    text: 'The maximum number of concurrent requests per tenant that wait for a job to end.',
    kind: wholeNumber(0, 500),
    default: derived('half of `maxWaits`, rounded up', ({ maxWaits }: { maxWaits: number }) =>
      Math.ceil(maxWaits / 2),
    ),
  }),
  apiRateLimit: setting({
    text: 'How many requests per second the API accepts on average, across all callers. Further requests get 429.',
    // API Gateway's default limit for an account.
    kind: wholeNumber(1, 10_000),
    default: 500,
  }),
  apiBurstLimit: setting({
    text: 'How many requests the API accepts at once before `apiRateLimit` applies.',
    kind: wholeNumber(1, 5000),
    default: 1000,
  }),
};

export const limitRelations: readonly Relation<typeof limitSettings>[] = [
  {
    between: ['tenantMaxWaits', 'maxWaits'],
    example: { tenantMaxWaits: 5, maxWaits: 4 },
    holds: ({ tenantMaxWaits, maxWaits }) => tenantMaxWaits <= maxWaits,
    explain: ({ nameOf, quote }) =>
      `${quote('tenantMaxWaits')} is more than ${quote('maxWaits')}, the limit across all tenants. ` +
      `Lower ${nameOf('tenantMaxWaits')} or raise ${nameOf('maxWaits')}.`,
  },
];
