import { wholeNumber } from './kinds.ts';
import { derived, setting } from './setting.ts';
import type { Relation } from './setting.ts';

/** Limits for callers. */
export const limitSettings = {
  tenantMaxJobsInFlight: setting({
    text:
      'The maximum number of unfinished jobs of one tenant. Beyond it, submissions and retries are refused with 429, ' +
      'and schedules skip their firings. 0 means no limit.',
    // Errand's limit: a million jobs of a few seconds take the worker more than a day, so a higher value would have no effect.
    kind: wholeNumber(0, 1_000_000),
    default: 0,
  }),
  tenantSubmissionsPerSecond: setting({
    text:
      'The maximum number of jobs that one tenant may submit or retry per second. Beyond it, requests are refused with ' +
      '429. 0 means no limit. With a limit, each request that submits or retries jobs makes one more DynamoDB call.',
    // The maximum that the default `apiRateLimit` allows: 500 requests a second, each with a batch of 100.
    kind: wholeNumber(0, 50_000),
    default: 0,
  }),
  maxWaits: setting({
    text:
      'The maximum number of requests, across all tenants, that may wait for a job to end (`?wait=`) at the same time. ' +
      'Beyond it, requests return the current job immediately. With 0, no request waits. Each wait occupies one of the ' +
      "account's concurrent executions for up to 25 seconds: raise the limit if the account has more than the 10 " +
      'executions of a new one.',
    // Errand's limit: half of the 1,000 executions of an account with the default quota.
    kind: wholeNumber(0, 500),
    default: 4,
  }),
  tenantMaxWaits: setting({
    text: "The maximum number of one tenant's requests that may wait for a job to end at the same time.",
    kind: wholeNumber(0, 500),
    default: derived('half of `maxWaits`, rounded up', ({ maxWaits }: { maxWaits: number }) =>
      Math.ceil(maxWaits / 2),
    ),
  }),
  apiRateLimit: setting({
    text:
      'How many requests per second the API accepts on average, from all callers together. Beyond it, requests are ' +
      'refused with 429.',
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
      `${quote('tenantMaxWaits')} is more than ${quote('maxWaits')}, the limit for all tenants together. ` +
      `Lower ${nameOf('tenantMaxWaits')} or raise ${nameOf('maxWaits')}.`,
  },
];
