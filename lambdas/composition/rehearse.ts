import { ExecuteStatementCommand } from '@aws-sdk/client-rds-data';
import { rehearsing } from '../adapters/aws/http-handler.ts';
import { rdsDataClient } from './aurora-and-sqs.ts';

/**
 * Rehearses a function's AWS calls at the end of its init phase ({@link rehearsing}): a Data API statement, and `others`.
 * Nothing is sent, so the calls have no effect. Never rejects, because a function must also start if its stores are
 * unavailable.
 */
export async function rehearseCalls(
  { clusterArn, secretArn }: { readonly clusterArn: string; readonly secretArn: string },
  others: readonly (() => Promise<unknown>)[] = [],
): Promise<void> {
  const statement = new ExecuteStatementCommand({
    resourceArn: clusterArn,
    secretArn,
    // No statement is needed, because nothing is sent.
    sql: '',
    parameters: [{ name: 'text', value: { stringValue: '' } }],
    formatRecordsAs: 'JSON',
  });
  const calls = [() => rdsDataClient().send(statement), ...others];
  await rehearsing(() => Promise.allSettled(calls.map((call) => call())));
}
