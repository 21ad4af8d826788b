import { describe, expect, it } from '@jest/globals';
import { reservationProblem } from '../../../lambdas/preflight/reservation.ts';

const isUpdate = true;

describe('the reservations of a new stack', () => {
  it('are refused in a new account, with the numbers and advice', () => {
    const account = { total: 10, unreserved: 10 };
    expect(reservationProblem({ default: 10 }, account, !isUpdate)).toBe(
      'The queues reserve 10 concurrent Lambda executions, but this account can reserve only 0 in this region: its quota is 10, 10 are ' +
        'unreserved, and AWS keeps 100 unreserved. Deploy with RESERVE_CONCURRENCY=false (reserveConcurrency: false on the construct) ' +
        'and ACCOUNT_CONCURRENCY=10, so that the synth checks that executions are left for the API, ' +
        'or ask Service Quotas for "Concurrent executions" of AWS Lambda (L-B99A9384) of at least 110.',
    );
  });

  it.each([
    ['the last executions that may be reserved', { default: 890, images: 10 }, 1000, ''],
    [
      'one execution more',
      { default: 890, images: 11 },
      1000,
      'of at least 1001, or lower JOB_PREFETCH and the concurrency of the other queues to 900 in total.',
    ],
    ['executions that other functions have left', { default: 10 }, 110, ''],
    [
      'executions that other functions have reserved',
      { default: 10 },
      109,
      'of at least 1001, or lower JOB_PREFETCH and the concurrency of the other queues to 9 in total.',
    ],
  ])('may use %s', (_what, reservations, unreserved, end) => {
    const account = { total: 1000, unreserved };
    const message = reservationProblem(reservations, account, !isUpdate);
    if (end === '') expect(message).toBeUndefined();
    else expect(message?.endsWith(end)).toBe(true);
  });

  it('are refused with the names of the settings that must be 2 or more without a reservation', () => {
    const account = { total: 10, unreserved: 10 };
    const reservations = { default: 1, images: 5, mails: 1 };
    expect(reservationProblem(reservations, account, !isUpdate)).toMatch(
      / MaximumConcurrency limits a queue, and its minimum is 2: then set JOB_PREFETCH and the concurrency of the queue "mails" to 2 or more\.$/,
    );
  });
});

describe('the reservations of an updated stack', () => {
  it('are not counted twice, because its own functions have reserved them already', () => {
    // The stack already reserves 800 of the 1,000 executions.
    const account = { total: 1000, unreserved: 200 };
    expect(reservationProblem({ default: 850 }, account, isUpdate)).toBeUndefined();
  });

  it('never stop the rollback to the deployed state', () => {
    // A stack update that lowers the reservation from 900 to 500 failed before it reached the worker, so the rollback requests 900 again.
    const account = { total: 1000, unreserved: 100 };
    expect(reservationProblem({ default: 900 }, account, isUpdate)).toBeUndefined();
  });

  it('are refused if the quota can never hold them', () => {
    const account = { total: 1000, unreserved: 990 };
    expect(reservationProblem({ default: 950 }, account, isUpdate)).toMatch(
      /of at least 1050, or lower JOB_PREFETCH and the concurrency of the other queues to 900 in total\.$/,
    );
  });
});
