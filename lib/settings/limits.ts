import { wholeNumber } from './kinds.ts';
import { setting } from './setting.ts';

/** How much callers may ask for. */
export const limitSettings = {
  tenantMaxJobsInFlight: setting({
    text:
      'The most jobs of one tenant that may wait or run at the same time. Further submissions are refused with 429. ' +
      '0 for no limit.',
    // Errand's limit: a million jobs of a few seconds take the worker more than a day, so a higher value limits nothing.
    kind: wholeNumber(0, 1_000_000),
    default: 0,
  }),
  tenantSubmissionsPerSecond: setting({
    text:
      'The most jobs that one tenant may submit per second. Further ones are refused with 429. 0 for no limit. A limit ' +
      'costs one more call to DynamoDB for each request that brings new jobs.',
    // What the default `apiRateLimit` lets through: 500 requests a second, each with a batch of 100.
    kind: wholeNumber(0, 50_000),
    default: 0,
  }),
  apiRateLimit: setting({
    text: 'How many requests per second the API accepts on average, from all callers together. Further ones are refused with 429.',
    // API Gateway's own limit for an account, unless AWS has raised it.
    kind: wholeNumber(1, 10_000),
    default: 500,
  }),
  apiBurstLimit: setting({
    text: 'How many requests the API accepts at once before `apiRateLimit` applies.',
    kind: wholeNumber(1, 5000),
    default: 1000,
  }),
};
