import {
  AccessDeniedException,
  BadRequestException,
  DatabaseErrorException,
  DatabaseNotFoundException,
  DatabaseResumingException,
  DatabaseUnavailableException,
  HttpEndpointNotEnabledException,
  InternalServerErrorException,
  ServiceUnavailableError,
  StatementTimeoutException,
  TransactionNotFoundException,
} from '@aws-sdk/client-rds-data';
import { describe, expect, it } from '@jest/globals';
import { withPatience } from '../../../lambdas/migrate/patience.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';

const metadata = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });
const bad = (message: string) => new BadRequestException({ message, ...metadata(400) });

/** Creates a time budget. Pauses and `spend` reduce the budget, and take no real time. */
function patienceWith(budgetMs: number) {
  let remaining = budgetMs;
  return {
    remainingMs: () => remaining,
    log: createRecordingLog(),
    pause: (milliseconds: number) => {
      remaining -= milliseconds;
      return Promise.resolve();
    },
    spend(milliseconds: number) {
      remaining -= milliseconds;
    },
  };
}

function failing(times: number, error: Error): { work: () => Promise<string>; tries: () => number } {
  let tries = 0;
  return {
    tries: () => tries,
    work() {
      tries += 1;
      return tries <= times ? Promise.reject(error) : Promise.resolve('done');
    },
  };
}

describe('the migrations retry', () => {
  it.each([
    [new DatabaseResumingException({ message: 'Resuming.', ...metadata(400) })],
    [new DatabaseUnavailableException({ message: 'The writer is not available.', ...metadata(504) })],
    [
      new DatabaseNotFoundException({
        message: "The DB cluster doesn't have a DB instance.",
        ...metadata(404),
      }),
    ],
    [new HttpEndpointNotEnabledException({ message: 'HttpEndpoint is not enabled.', ...metadata(400) })],
    [new InternalServerErrorException({ message: 'Internal error.', ...metadata(500) })],
    [new ServiceUnavailableError({ message: 'Unavailable.', ...metadata(503) })],
    [new StatementTimeoutException({ message: 'Request timed out', dbConnectionId: 1, ...metadata(400) })],
    [new TransactionNotFoundException({ message: 'The transaction is gone.', ...metadata(404) })],
    [
      bad(
        'Communications link failure\n\nThe last packet sent successfully to the server was 0 milliseconds ago.',
      ),
    ],
    [
      new DatabaseErrorException({
        message: 'FATAL: the database system is starting up; SQLState: 57P03',
        ...metadata(400),
      }),
    ],
    [Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
    [Object.assign(new Error('socket hang up'), { name: 'TimeoutError' })],
    [
      new Error('The secret could not be read.', {
        cause: new AccessDeniedException({ message: 'Denied.', ...metadata(403) }),
      }),
    ],
  ])('after %s', async (error) => {
    const { work, tries } = failing(3, error);
    await expect(withPatience(patienceWith(240_000), work)).resolves.toBe('done');
    expect(tries()).toBe(4);
  });
});

describe('the migrations fail immediately', () => {
  it.each([
    [bad('ERROR: syntax error at or near "CREAT"; Position: 1; SQLState: 42601')],
    [
      new DatabaseErrorException({
        message: 'ERROR: relation "jobs" already exists; SQLState: 42P07',
        ...metadata(400),
      }),
    ],
    [new Error('Edited after being applied: 0001-jobs.')],
  ])('after %s', async (error) => {
    const { work, tries } = failing(1, error);
    await expect(withPatience(patienceWith(240_000), work)).rejects.toBe(error);
    expect(tries()).toBe(1);
  });

  it('after a denial that lasts longer than the propagation of a new role', async () => {
    const denied = new AccessDeniedException({ message: 'Denied.', ...metadata(403) });
    const { work, tries } = failing(1_000, denied);
    await expect(withPatience(patienceWith(240_000), work)).rejects.toBe(denied);
    expect(tries()).toBe(46);
  });
});

describe('at the end of the function’s time', () => {
  it('the error counts the attempts and lists each failure', async () => {
    const patience = patienceWith(10_000);
    let tries = 0;
    const work = () => {
      tries += 1;
      patience.spend(1_000);
      return Promise.reject(
        tries < 3
          ? bad('Communications link failure')
          : new ServiceUnavailableError({ message: 'Busy.', ...metadata(503) }),
      );
    };
    await expect(withPatience(patience, work)).rejects.toThrow(
      'The database was not ready within 10 s. 4 tries failed: 2 × BadRequestException: Communications link failure; ' +
        '2 × ServiceUnavailableError: Busy.. Check that the cluster is available and has the Data API enabled, then deploy again.',
    );
  });
});
