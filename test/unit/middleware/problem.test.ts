import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  DuplicateJobError,
  InvalidRequestError,
  JobNotFoundError,
  StateConflictError,
  StoreUnavailableError,
  TooManyJobsError,
  TooManySubmissionsError,
} from '../../../lambdas/job/errors.ts';
import { PROBLEMS } from '../../../lambdas/api/documents/problems.ts';
import { HttpError, toProblem } from '../../../lambdas/middleware/problem.ts';

const errors = [{ field: 'type', message: 'must be a string' }];

describe('the problem document of an error', () => {
  it.each([
    [new HttpError(404, 'not-found', 'Nothing here.'), 404, 'not-found', {}],
    [new HttpError(413, 'payload-too-large', 'Too large.', { errors }), 413, 'payload-too-large', { errors }],
    [new InvalidRequestError('body', errors), 422, 'invalid-request', { errors }],
    [new InvalidRequestError('query', errors), 400, 'invalid-request', { errors }],
    [new InvalidRequestError('path', errors), 400, 'invalid-request', { errors }],
    [new JobNotFoundError('a'), 404, 'job-not-found', { job_id: 'a' }],
    [
      new StateConflictError('a', 'success', 'No.'),
      409,
      'state-conflict',
      { job_id: 'a', job_status: 'success' },
    ],
    [
      new DuplicateJobError('object', 'a', new Date(0)),
      409,
      'duplicate-job',
      { job_id: 'a', window_ends_at: '1970-01-01T00:00:00.000Z' },
    ],
    [new StoreUnavailableError('aurora', 'no', new Error('gone')), 503, 'unavailable', {}],
    [new StoreUnavailableError('aurora', 'no', new Error('paused'), true), 503, 'resuming', {}],
    // The request may have been executed, so only idempotent requests can be retried safely.
    [new StoreUnavailableError('aurora', 'unknown', new Error('paused'), true), 503, 'unavailable', {}],
    [Object.assign(new Error('slow'), { name: 'TimeoutError' }), 503, 'timeout', {}],
    [new Error('a secret'), 500, 'internal', {}],
  ])('%s: %s %s', (error, status, slug, members) => {
    const problem = toProblem(error);
    expect(problem.status).toBe(status);
    const { title, detail, ...body } = problem.body;
    expect(body).toEqual({ type: `urn:errand:problem:${slug}`, status, ...members });
    // If the problem had no title, the slug would replace the title.
    expect(title).not.toBe(slug);
    expect(detail).not.toBe('');
  });

  it('says when to retry if that may help', () => {
    expect(toProblem(new StoreUnavailableError('aurora', 'unknown', null)).headers).toEqual({
      'retry-after': '5',
    });
    expect(toProblem(new StoreUnavailableError('aurora', 'no', null, true)).headers).toEqual({
      'retry-after': '5',
    });
    expect(toProblem(Object.assign(new Error(), { name: 'TimeoutError' })).headers).toEqual({
      'retry-after': '5',
    });
    expect(toProblem(new Error()).headers).toEqual({});
  });

  it('is documented with the header that its status requires', () => {
    const demanded = { 401: 'WWW-Authenticate', 405: 'Allow', 429: 'Retry-After', 503: 'Retry-After' };
    for (const [status, header] of Object.entries(demanded)) {
      const problems = Object.values(PROBLEMS).filter(({ statuses }) => statuses.includes(Number(status)));
      expect(problems.length).toBeGreaterThan(0);
      for (const { headers } of problems) expect(headers).toContain(header);
    }
  });

  it.each([new TooManySubmissionsError(), new TooManyJobsError(5)])('%s says when to retry', (error) => {
    expect(toProblem(error)).toMatchObject({
      status: 429,
      headers: { 'retry-after': expect.stringMatching(/^[15]$/) as unknown },
    });
  });

  it('has the headers of an error of the HTTP layer', () => {
    const error = new HttpError(405, 'method-not-allowed', 'No.', { headers: { allow: 'GET' } });
    expect(toProblem(error).headers).toEqual({ allow: 'GET' });
  });

  it('reveals nothing about an internal error', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string({ minLength: 12 }), (thrown, secret) => {
        for (const error of [thrown, new Error(secret), new Error('x', { cause: new Error(secret) })]) {
          const problem = toProblem(error);
          expect(problem.status).toBe(500);
          expect(problem.body.detail).toBe(
            'The request failed. Its cause is in the log under the request id.',
          );
        }
      }),
    );
  });
});
