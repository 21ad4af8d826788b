import { LambdaClient } from '@aws-sdk/client-lambda';
import { clientConfiguration, TIMES } from '../aws/configuration.ts';
import { createHttpHandler } from '../aws/http-handler.ts';

/**
 * The request timeout, in milliseconds. This timeout is longer than any function's, so that only the attempt's abort
 * signal ends the wait.
 */
const LONGEST_CALL_MS = 910_000;

/**
 * Temporary Invoke errors that prove that Lambda has not run the function: there was no capacity, or the function was being
 * created or updated (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, "Errors"). All other errors fail the
 * attempt.
 */
export const NOT_RUN = new Set([
  'TooManyRequestsException',
  'CodeArtifactUserPendingException',
  'EC2ThrottledException',
  'ENILimitReachedException',
  'ENINotReadyException',
  'ResourceConflictException',
  'ResourceNotReadyException',
  'SnapStartNotReadyException',
  'SubnetIPAddressLimitReachedException',
]);

/**
 * Creates a client that never retries a call, because a retry after a lost response would run the function a second time.
 */
export function createLambdaClient(): LambdaClient {
  return new LambdaClient({
    ...clientConfiguration('lambda'),
    maxAttempts: 1,
    requestHandler: createHttpHandler({ ...TIMES, requestTimeout: LONGEST_CALL_MS }),
  });
}
