import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { provideCustomResource } from '../adapters/custom-resource.ts';
import { createAccountReader } from '../adapters/lambda/account-reader.ts';
import { createLog } from '../adapters/system.ts';
import { reservationProblem, type Reservations } from './reservation.ts';

const log = createLog();
const readAccount = createAccountReader(log);

/**
 * The time reserved for the last try and for responding to CloudFormation, in milliseconds. The last try may take 24 s,
 * because the SDK makes three attempts.
 */
const RESERVE_MS = 35_000;

/**
 * The custom resource that checks whether Lambda will grant the stack's reservations. If the account's quota is too low,
 * the resource fails before CloudFormation creates any slow resources. If the quota can't be read, the
 * resource succeeds, because Lambda itself enforces the quota.
 */
export async function handler(event: CloudFormationCustomResourceEvent, context: Context): Promise<void> {
  await provideCustomResource(event, context, {
    async apply(request) {
      const id = 'PhysicalResourceId' in request ? request.PhysicalResourceId : 'preflight';
      if (request.RequestType === 'Delete') return { id };
      const account = await readAccount(() => context.getRemainingTimeInMillis() - RESERVE_MS);
      if (account) {
        const problem = reservationProblem(
          reservationsOf(request),
          account,
          request.RequestType === 'Update',
        );
        if (problem !== undefined) throw new Error(problem);
        log.info('quota_checked', "The account's quota allows the reserved concurrency.", { ...account });
      }
      return { id };
    },
    failure: 'The preflight check failed',
    log,
  });
}

/** Reads the properties. CloudFormation passes numbers as strings. */
function reservationsOf({ ResourceProperties: properties }: CloudFormationCustomResourceEvent): Reservations {
  const reservations = properties.reservations as Readonly<Record<string, string>>;
  return Object.fromEntries(Object.entries(reservations).map(([name, value]) => [name, Number(value)]));
}
