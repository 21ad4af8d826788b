import { setTimeout as wait } from 'node:timers/promises';
import {
  DISCONNECTED_SQL_STATE,
  NO_CONNECTION,
  ROLLED_BACK_SQL_STATE,
} from '../adapters/aurora/passing-errors.ts';
import type { ServiceLog } from '../job/log.ts';

export interface Patience {
  /** Time left for the work, in milliseconds. */
  readonly remainingMs: () => number;
  readonly log: ServiceLog;
  /** Pauses between tries. @default - real time */
  readonly pause?: (milliseconds: number) => Promise<unknown>;
}

/**
 * The pause between two tries, in milliseconds. A new cluster needs between a few seconds and a few minutes before it first
 * responds.
 */
const POLL_MS = 2_000;

/**
 * Temporary Data API errors, which occur while a cluster is being created, is resuming or is failing over.
 * https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_BeginTransaction.html
 */
const PASSING = new Set([
  // "The DB cluster doesn't have a DB instance": the writer is still being created.
  'DatabaseNotFoundException',
  'DatabaseResumingException',
  'DatabaseUnavailableException',
  // The endpoint may not be enabled yet, because a later update of the new cluster enables it.
  'HttpEndpointNotEnabledException',
  'InternalServerErrorException',
  'InvalidResourceStateException',
  'ServiceUnavailableError',
  'StatementTimeoutException',
  'ThrottlingException',
  // The transaction was lost together with the server that ran it.
  'TransactionNotFoundException',
]);

const PASSING_MESSAGES = [NO_CONNECTION, ROLLED_BACK_SQL_STATE, DISCONNECTED_SQL_STATE];

/** Matches the error codes of connections that failed below the HTTP layer. */
const NETWORK = /^(ECONN|ENOTFOUND|EPIPE|ETIMEDOUT|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)/;

/**
 * How long a new role's policy may take to propagate through AWS, in milliseconds. Propagation usually takes seconds. A call
 * that is still denied after this time lacks a permission:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
const ROLE_SPREADS_MS = 90_000;
const DENIED = new Set(['AccessDeniedException', 'ForbiddenException']);

/**
 * Runs `work`, and retries it after temporary errors. `work` must be idempotent.
 *
 * @throws the work's error if it is not temporary; an Error that summarizes the tries if time has run out
 */
export async function withPatience<Result>(
  { remainingMs, log, pause = wait }: Patience,
  work: () => Promise<Result>,
): Promise<Result> {
  const total = remainingMs();
  const failures: string[] = [];
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const spent = total - remainingMs();
      if (!passes(error, spent)) throw error;
      const { name, message } = rootOf(error);
      failures.push(`${name}: ${message}`);
      if (remainingMs() < POLL_MS) throw exhausted(spent, failures, error);
      log.warn('database_not_ready', 'The database is not ready; trying again.', {
        error,
        tries: failures.length,
      });
      await pause(POLL_MS);
    }
  }
}

function exhausted(spentMs: number, failures: readonly string[], cause: unknown): Error {
  const counts = new Map<string, number>();
  for (const failure of failures) counts.set(failure, (counts.get(failure) ?? 0) + 1);
  const list = [...counts].map(([failure, count]) => `${count} × ${failure}`).join('; ');
  return new Error(
    `The database was not ready within ${Math.round(spentMs / 1000)} s. ${failures.length} tries failed: ${list}. ` +
      'Check that the cluster is available and has the Data API enabled, then deploy again.',
    { cause },
  );
}

function passes(error: unknown, spentMs: number): boolean {
  const root = rootOf(error);
  const { name, message, code = '', $metadata: { httpStatusCode: status = 0 } = {} } = root as SdkError;
  if (DENIED.has(name)) return spentMs < ROLE_SPREADS_MS;
  return (
    PASSING.has(name) ||
    status >= 500 ||
    PASSING_MESSAGES.some((pattern) => pattern.test(message)) ||
    NETWORK.test(code) ||
    name === 'TimeoutError'
  );
}

interface SdkError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Returns the innermost cause, which is the SDK's own error. */
function rootOf(error: unknown): Error {
  let root = error instanceof Error ? error : new Error(String(error));
  while (root.cause instanceof Error) root = root.cause;
  return root;
}
