import type { AccountConcurrency } from '../adapters/lambda/account-reader.ts';

/** The concurrency that each queue's worker reserves, by queue name. */
export type Reservations = Readonly<Record<string, number>>;

/**
 * The number of executions that Lambda keeps for functions without a reservation
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html). An account with a lower quota can't reserve
 * anything: Lambda's error message then gives the whole quota as the minimum number of unreserved executions
 * (https://github.com/aws-samples/sample-one-click-generative-ai-solutions/issues/3).
 */
const KEPT_UNRESERVED = 100;

/**
 * The smallest maximum concurrency that an SQS event source mapping allows:
 * https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html
 */
export const LEAST_MAXIMUM_CONCURRENCY = 2;

/** The quota's name, and its code in Service Quotas. */
export const QUOTA = '"Concurrent executions" of AWS Lambda (L-B99A9384)';

/**
 * Checks whether Lambda will grant a stack's reservations. A deployment checks them against the account's actual
 * concurrency, and the synth checks them against the `accountConcurrency` setting.
 *
 * A new stack's reservations must fit into the unreserved executions. An update's reservations are only compared with the
 * whole quota, for two reasons. First, the stack's own reservations have already been subtracted from the unreserved
 * executions. Second, a rollback looks like an update, and if a rollback failed here, the stack would be stuck. If an update's
 * reservations exceed the executions that are left, Lambda itself rejects them.
 *
 * @returns the problem and its solution; undefined if the account has enough concurrency
 */
export function reservationProblem(
  reservations: Reservations,
  { total, unreserved }: AccountConcurrency,
  isUpdate: boolean,
): string | undefined {
  const reserved = Object.values(reservations).reduce((sum, each) => sum + each, 0);
  const available = isUpdate ? total : unreserved;
  const missing = reserved + KEPT_UNRESERVED - available;
  if (missing <= 0) return undefined;
  const free = Math.max(0, available - KEPT_UNRESERVED);
  return (
    `The queues reserve ${reserved} concurrent Lambda executions, but this account can reserve only ${free} in this region: its quota is ` +
    `${total}, ${unreserved} are unreserved, and AWS keeps ${KEPT_UNRESERVED} unreserved. ` +
    `Deploy with RESERVE_CONCURRENCY=false (reserveConcurrency: false on the construct) and ACCOUNT_CONCURRENCY=${total}, so that the ` +
    'synth checks that executions are left for the API, ' +
    `or ask Service Quotas for ${QUOTA} of at least ${total + missing}` +
    `${free > 0 ? `, or lower JOB_PREFETCH and the concurrency of the other queues to ${free} in total` : ''}.${noteOnLeast(reservations)}`
  );
}

/**
 * Returns a note about queues with a concurrency of 1, for the error message. Without reservations, these queues would run two
 * jobs at once, so the synth rejects them (lib/queue-options.ts).
 */
function noteOnLeast(reservations: Reservations): string {
  const names = Object.keys(reservations).filter(
    (name) => (reservations[name] ?? 0) < LEAST_MAXIMUM_CONCURRENCY,
  );
  if (names.length === 0) return '';
  const settings = names.map((name) =>
    name === 'default' ? 'JOB_PREFETCH' : `the concurrency of the queue "${name}"`,
  );
  return (
    ` Without a reservation, the event source mapping's MaximumConcurrency limits a queue, and its minimum is ` +
    `${LEAST_MAXIMUM_CONCURRENCY}: then set ${settings.join(' and ')} to ${LEAST_MAXIMUM_CONCURRENCY} or more.`
  );
}
