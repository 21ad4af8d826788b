import {
  BatchExecuteStatementCommand,
  type BatchStatementError,
  type BatchStatementRequest,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { StoreUnavailableError } from '../../job/errors.ts';

/** See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html */
const STATEMENTS_PER_CALL = 25;

/**
 * A statement's outcome: it was executed, its condition was not met (`item` is the existing item), or it failed and may or
 * may not have been executed.
 */
export type StatementOutcome =
  | { readonly done: true }
  | {
      readonly refused: 'DuplicateItem' | 'ConditionalCheckFailed';
      readonly item: BatchStatementError['Item'];
    }
  | { readonly error: StoreUnavailableError };

/**
 * Executes PartiQL writes in as few batch calls as possible. A failed statement does not affect the others. If a whole
 * call fails, the SDK retries it with all of its statements. A single statement that fails within a successful call is
 * not retried.
 *
 * @returns the outcomes, in the statements' order
 */
export async function executeStatements(
  client: DynamoDBClient,
  statements: readonly BatchStatementRequest[],
): Promise<StatementOutcome[]> {
  const calls: Promise<StatementOutcome[]>[] = [];
  for (let first = 0; first < statements.length; first += STATEMENTS_PER_CALL)
    calls.push(executeCall(client, statements.slice(first, first + STATEMENTS_PER_CALL)));
  return (await Promise.all(calls)).flat();
}

async function executeCall(
  client: DynamoDBClient,
  statements: BatchStatementRequest[],
): Promise<StatementOutcome[]> {
  try {
    const { Responses: responses = [] } = await client.send(
      new BatchExecuteStatementCommand({ Statements: statements }),
    );
    return statements.map((_statement, index) => {
      const response = responses[index];
      if (!response) return unavailable(new Error('DynamoDB returned no response for a statement.'));
      return response.Error ? outcomeOf(response.Error) : { done: true };
    });
  } catch (error) {
    return statements.map(() => unavailable(error));
  }
}

/**
 * Maps a statement's error to its outcome. Only two error codes mean that the existing item prevented the write:
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html
 */
function outcomeOf({ Code: code, Message: message = '', Item: item }: BatchStatementError): StatementOutcome {
  if (code === 'DuplicateItem' || code === 'ConditionalCheckFailed') return { refused: code, item };
  return unavailable(new Error(`${code ?? 'An unnamed error'}: ${message}`));
}

function unavailable(cause: unknown): { error: StoreUnavailableError } {
  return { error: new StoreUnavailableError('dynamodb', 'unknown', cause) };
}
