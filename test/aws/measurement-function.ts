import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';

/** A request to time a number of statements, or to time a paused database's first statement. */
export type MeasurementRequest = { readonly statements: number } | { readonly untilFirstSuccess: true };

/** The measured times in milliseconds: each statement's duration, or only the time until the first success. */
export interface MeasurementResponse {
  readonly milliseconds: readonly number[];
}

const client = new RDSDataClient({ maxAttempts: 1 });

const { CLUSTER_ARN, SECRET_ARN, DATABASE_NAME } = process.env;

const selectOne = () =>
  client.send(
    new ExecuteStatementCommand({
      resourceArn: CLUSTER_ARN,
      secretArn: SECRET_ARN,
      database: DATABASE_NAME,
      sql: 'SELECT 1',
    }),
  );

/**
 * Times Data API calls from within a Lambda function, which is where Errand makes its calls. The measurement therefore excludes the network
 * between you and AWS.
 */
export async function handler(request: MeasurementRequest): Promise<MeasurementResponse> {
  if ('untilFirstSuccess' in request) {
    const startedAt = performance.now();
    while (!(await succeeds())) await new Promise((resolve) => setTimeout(resolve, 250));
    return { milliseconds: [performance.now() - startedAt] };
  }
  const milliseconds: number[] = [];
  for (let count = 0; count < request.statements; count += 1) {
    const startedAt = performance.now();
    await selectOne();
    milliseconds.push(performance.now() - startedAt);
  }
  return { milliseconds };
}

/** Whether a statement succeeds. Any failure may mean that the database is still resuming, so the handler retries until the function times out. */
async function succeeds(): Promise<boolean> {
  return selectOne().then(
    () => true,
    () => false,
  );
}
