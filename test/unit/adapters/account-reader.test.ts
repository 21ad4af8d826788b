import {
  LambdaServiceException,
  ServiceException,
  TooManyRequestsException,
  type LambdaClient,
} from '@aws-sdk/client-lambda';
import { expect, it } from '@jest/globals';
import { createAccountReader } from '../../../lambdas/adapters/lambda/account-reader.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';

const SETTINGS = { AccountLimit: { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 10 } };

/** Lambda's error while a new role's policy has not yet propagated. */
const denied = () =>
  new LambdaServiceException({
    name: 'AccessDeniedException',
    $fault: 'client',
    message:
      'User: arn:aws:sts::123456789012:assumed-role/Errand-Preflight/f is not authorized to perform: lambda:GetAccountSettings on resource: * ' +
      'because no identity-based policy allows the lambda:GetAccountSettings action',
    $metadata: { httpStatusCode: 403 },
  });

/**
 * Reads the account with 25 s left. Lambda returns the given responses, one per attempt. Pauses reduce the simulated remaining time, but take no real
 * time.
 */
async function readWith(responses: readonly unknown[]) {
  const log = createRecordingLog();
  let remainingMs = 25_000;
  let calls = 0;
  const client = {
    send() {
      const response = responses[Math.min(calls, responses.length - 1)];
      calls += 1;
      return response instanceof Error ? Promise.reject(response) : Promise.resolve(response);
    },
  } as unknown as LambdaClient;
  const read = createAccountReader(log, client, (milliseconds) => {
    remainingMs -= milliseconds;
    return Promise.resolve();
  });
  const account = await read(() => remainingMs);
  return { account, calls, warnings: log.entries.map(({ message }) => message) };
}

const WARNING = "The account's concurrency could not be read, so the reservations are not checked.";

/** Fields that all of Lambda's errors have. */
const failed = (httpStatusCode: number) => ({ $metadata: { httpStatusCode }, message: 'no' });

it.each([
  ['denied to a new role', denied()],
  ['throttled', new TooManyRequestsException(failed(429))],
  ['failed by Lambda', new ServiceException(failed(500))],
  ['lost with its connection', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
])('a call that was %s is retried', async (_reason, error) => {
  const { account, calls, warnings } = await readWith([error, error, SETTINGS]);
  expect({ account, calls, warnings }).toEqual({
    account: { total: 10, unreserved: 10 },
    calls: 3,
    warnings: [],
  });
});

it('a call that is denied every time is eventually abandoned, with a warning', async () => {
  const { account, calls, warnings } = await readWith([denied()]);
  expect({ account, calls, warnings }).toEqual({ account: undefined, calls: 13, warnings: [WARNING] });
});

it('a call that Lambda does not know is not retried', async () => {
  const error = new LambdaServiceException({
    name: 'UnknownOperationException',
    $fault: 'client',
    $metadata: { httpStatusCode: 404 },
  });
  const { account, calls, warnings } = await readWith([error]);
  expect({ account, calls, warnings }).toEqual({ account: undefined, calls: 1, warnings: [WARNING] });
});
