import { Annotations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import {
  LEAST_MAXIMUM_CONCURRENCY,
  QUOTA,
  reservationProblem,
  type Reservations,
} from '../lambdas/preflight/reservation.ts';
import { executionsOf, type ResolvedQueue } from './queue-options.ts';
import { SettingsError } from './settings/read-settings.ts';
import type { ResolvedSettings } from './settings/table.ts';

/** The settings that determine how many executions a stack's functions use. */
type ConcurrencySettings = Pick<
  ResolvedSettings,
  'accountConcurrency' | 'auth' | 'maxWaits' | 'reserveConcurrency'
>;

/** The queue fields that the concurrency check reads. */
type QueueConcurrency = Pick<ResolvedQueue, 'name' | 'concurrency' | 'batchSize' | 'hasPinnedJobs'>;

export interface AccountCheck {
  readonly settings: ConcurrencySettings;
  readonly queues: readonly QueueConcurrency[];
  /** The names of the queues with at least one job that runs in the user's own Lambda function. */
  readonly queuesWithFunctions: ReadonlySet<string>;
}

/** The background functions' executions: one for the sweeper, and two each for the `scheduled` function and the `dead-letter` function. */
const BACKGROUND_EXECUTIONS = 5;

/**
 * Checks that the account has enough concurrent executions for all reservations. Also checks that the workers and the waiting requests leave
 * executions for the API.
 *
 * @param isGiven whether the user set `accountConcurrency`. If it is not set, the default may not match the account, so a problem causes only a
 * warning.
 * @throws SettingsError with a message that says what to do
 */
export function checkAccountConcurrency(scope: Construct, check: AccountCheck, isGiven: boolean): void {
  const problem = concurrencyProblem(check);
  if (problem === undefined) return;
  if (isGiven) throw new SettingsError([problem]);
  Annotations.of(scope).addWarningV2(
    'errand:reserved-concurrency',
    `${problem} This assumes AWS's default quota: set accountConcurrency (ACCOUNT_CONCURRENCY) if this account has a different one.`,
  );
}

/** Returns one line that describes the problem and says what to do, or undefined if the account's concurrency suffices. */
export function concurrencyProblem(check: AccountCheck): string | undefined {
  const { settings, queues } = check;
  const total = settings.accountConcurrency;
  if (settings.reserveConcurrency) {
    const reservations: Reservations = Object.fromEntries(
      queues.map((queue) => [queue.name, executionsOf(queue)]),
    );
    const problem = reservationProblem(reservations, { total, unreserved: total }, false);
    if (problem !== undefined) return problem;
  }
  return roomProblem(check);
}

/**
 * Describes the problem if the workers and the waiting requests could use up the account's executions. Lambda would then throttle the API.
 * Reservations and the event source mappings' MaximumConcurrency limit the workers
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
 */
function roomProblem({ settings, queues, queuesWithFunctions }: AccountCheck): string | undefined {
  const { accountConcurrency: total, auth, maxWaits, reserveConcurrency } = settings;
  const workers = sum(
    queues.map((queue) =>
      reserveConcurrency ? executionsOf(queue) : Math.max(LEAST_MAXIMUM_CONCURRENCY, executionsOf(queue)),
    ),
  );
  // While a job runs in the user's function, its worker's execution waits, so the job occupies two executions.
  const functions = sum(
    queues
      .filter(({ name }) => queuesWithFunctions.has(name))
      .map(({ concurrency, batchSize }) => concurrency * batchSize),
  );
  const forOneRequest = auth === 'api-key' ? 2 : 1;
  const others = forOneRequest + BACKGROUND_EXECUTIONS;
  const needed = workers + functions + maxWaits + others;
  if (needed <= total) return undefined;
  const free = total - functions - others;
  return (
    `No Lambda executions would be left for the API: accountConcurrency (ACCOUNT_CONCURRENCY) is ${total}, but up to ${needed} are needed: ` +
    `${workers} for the workers${functions > 0 ? `, ${functions} for the functions that run jobs` : ''}, ${maxWaits} for waiting requests, ` +
    `${forOneRequest} for one request, and ${BACKGROUND_EXECUTIONS} for the functions in the background. ` +
    (free >= LEAST_MAXIMUM_CONCURRENCY * queues.length
      ? `Lower jobPrefetch (JOB_PREFETCH), the concurrency of the other queues and maxWaits (MAX_WAITS) to ${free} in total, or ask `
      : 'Ask ') +
    `Service Quotas for ${QUOTA} of at least ${needed}.`
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
