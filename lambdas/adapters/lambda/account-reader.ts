import { setTimeout as wait } from 'node:timers/promises';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { ServiceLog } from '../../job/log.ts';
import { clientConfiguration } from '../aws/configuration.ts';

/** The account's concurrency in this region. */
export interface AccountConcurrency {
  /** The account's concurrency quota. */
  readonly total: number;
  /** The part of the quota that no function in the account has reserved. */
  readonly unreserved: number;
}

/** The pause between two tries, in milliseconds. */
const POLL_MS = 2_000;

/**
 * Reads the account's concurrency with GetAccountSettings. Retries the call while its error may be temporary and time
 * remains.
 *
 * @param pause pauses between tries
 * @returns a reader, which takes a function that returns the remaining time in milliseconds. If the call keeps failing,
 * the reader logs a warning and resolves with undefined
 */
export function createAccountReader(
  log: ServiceLog,
  client: Pick<LambdaClient, 'send'> = new LambdaClient(clientConfiguration('lambda')),
  pause: (milliseconds: number) => Promise<unknown> = wait,
): (remainingMs: () => number) => Promise<AccountConcurrency | undefined> {
  return async (remainingMs) => {
    for (;;) {
      try {
        const { AccountLimit: limit = {} } = await client.send(new GetAccountSettingsCommand({}));
        const { ConcurrentExecutions: total, UnreservedConcurrentExecutions: unreserved } = limit;
        if (total !== undefined && unreserved !== undefined) return { total, unreserved };
        throw new Error('GetAccountSettings returned no concurrency.');
      } catch (error) {
        if (!mayPass(error) || remainingMs() < POLL_MS) {
          log.warn(
            'quota_not_read',
            "The account's concurrency could not be read, so the reservations are not checked.",
            {
              error,
            },
          );
          return undefined;
        }
        await pause(POLL_MS);
      }
    }
  };
}

/**
 * Whether an error may be temporary: throttling, a service error or a network error. AccessDenied may be temporary too,
 * because a new role's permissions take seconds to propagate to Lambda
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency).
 */
function mayPass(error: unknown): boolean {
  const { name, $metadata: { httpStatusCode: status } = {} } = error as SdkError;
  return name === 'AccessDeniedException' || status === undefined || status === 429 || status >= 500;
}

interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
}
