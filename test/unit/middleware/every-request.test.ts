import { describe, expect, it, jest } from '@jest/globals';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { createDeadline } from '../../../lambdas/deadline.ts';
import { JobNotFoundError } from '../../../lambdas/job/errors.ts';
import { trackDeadline, problemDetails, responseHeaders } from '../../../lambdas/middleware/every-request.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';

const EVENT = { requestContext: { requestId: 'request-1' } } as APIGatewayProxyEventV2;

/** Handles a request with `work` as the handler, behind the API's middleware in the same order as in the API. */
async function answer(work: () => Promise<APIGatewayProxyStructuredResultV2>, remainingMs = 10_000) {
  const log = createRecordingLog();
  const deadline = createDeadline(4_000);
  let patienceMs = NaN;
  const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use(responseHeaders())
    .use(problemDetails(log))
    .use(trackDeadline(deadline))
    .handler(() => {
      patienceMs = deadline.patienceMs();
      return work();
    });
  const context = { getRemainingTimeInMillis: () => remainingMs } as Context;
  const result = await handler(EVENT, context);
  return { result, log: log.entries, patienceMs };
}

const SAFE = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'strict-transport-security': 'max-age=31536000',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-request-id': 'request-1',
};

describe('a response', () => {
  it('is never cached, and has the id of its request', async () => {
    const { result } = await answer(() => Promise.resolve({ statusCode: 200, headers: { location: '/a' } }));
    expect(result).toEqual({ statusCode: 200, headers: { ...SAFE, location: '/a' } });
  });

  it('can override these headers', async () => {
    const { result } = await answer(() => Promise.resolve({ headers: { 'cache-control': 'max-age=60' } }));
    expect(result.headers).toMatchObject({ 'cache-control': 'max-age=60' });
  });

  it('to a failed request is a problem document with the same headers', async () => {
    const { result, log } = await answer(() => Promise.reject(new JobNotFoundError('a')));
    expect(result.statusCode).toBe(404);
    expect(result.headers).toEqual({ ...SAFE, 'content-type': 'application/problem+json' });
    expect(JSON.parse(result.body ?? '')).toMatchObject({ status: 404, job_id: 'a' });
    expect(log).toEqual([]);
  });

  it('to an internal error reveals nothing, and the cause is logged', async () => {
    const cause = new Error('a secret');
    const { result, log } = await answer(() => Promise.reject(cause));
    expect(result.statusCode).toBe(500);
    expect(result.body).not.toContain('secret');
    expect(log).toMatchObject([{ level: 'error', fields: { status: 500, error: cause } }]);
  });
});

describe('the time that a request may wait', () => {
  it('is the rest of its invocation, minus the time for the response', async () => {
    const { patienceMs } = await answer(() => Promise.resolve({}), 10_000);
    expect(patienceMs).toBeGreaterThan(5_000);
    expect(patienceMs).toBeLessThanOrEqual(6_000);
  });

  it('is zero if nothing is left', async () => {
    expect((await answer(() => Promise.resolve({}), 3_000)).patienceMs).toBe(0);
  });

  it('decreases as time passes', () => {
    jest.useFakeTimers();
    const deadline = createDeadline(4_000);
    deadline.start(10_000);
    expect(deadline.patienceMs()).toBe(6_000);
    jest.advanceTimersByTime(1_500);
    expect(deadline.patienceMs()).toBe(4_500);
    jest.useRealTimers();
  });
});
