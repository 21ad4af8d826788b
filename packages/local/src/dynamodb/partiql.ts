import { JsonError, type JsonObject, type JsonOperation } from '../aws-endpoint/json-protocol.ts';
import type { AttributeValue } from './dynalite.ts';
import { keyNamesOf } from './key-names.ts';
import { parseStatement, PartiqlError, type PartiqlStatement } from './partiql-syntax.ts';
import { writeOf } from './partiql-write.ts';
import type { Tables } from './tables.ts';
import { validationError } from './validation-error.ts';

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html */
const MAX_STATEMENTS = 25;

const CALL_MEMBERS = ['Statements'];
const STATEMENT_MEMBERS = ['Statement', 'Parameters', 'ReturnValuesOnConditionCheckFailure'];

interface Request {
  readonly Statement: string;
  readonly Parameters: readonly AttributeValue[];
  readonly ReturnValuesOnConditionCheckFailure: unknown;
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html */
interface StatementError {
  readonly Code: string;
  readonly Message: string;
  readonly Item?: unknown;
}

/** Implements BatchExecuteStatement. Executes each statement separately, with its own response. */
export function createBatchExecuteStatement(tables: Tables): JsonOperation {
  async function execute({ Statement: text, Parameters: parameters, ...options }: Request): Promise<object> {
    let statement: PartiqlStatement;
    try {
      statement = parseStatement(text);
    } catch (error) {
      if (!(error instanceof PartiqlError)) throw error;
      const Message = `Statement wasn't well formed, can't be processed: ${error.message}`;
      return { Error: { Code: 'ValidationError', Message } };
    }
    const { table: TableName, kind } = statement;
    try {
      if (parameters.length !== statement.parameters)
        throw validationError("Number of parameters in request and statement don't match.");
      const { operation, input } = writeOf(statement, parameters, await keyNamesOf(tables, TableName));
      await tables.execute(operation, { TableName, ...input, ...options });
      return { TableName };
    } catch (error) {
      return { TableName, Error: statementError(kind, error) };
    }
  }

  return async (input) => ({ Responses: await Promise.all(requestsIn(input).map(execute)) });
}

/** @throws JsonError if AWS would refuse the whole call, or if the call needs an unsupported feature */
function requestsIn(input: JsonObject): Request[] {
  const { Statements: statements } = input;
  if (!Array.isArray(statements) || statements.length < 1 || statements.length > MAX_STATEMENTS)
    throw validationError(
      `1 validation error detected: Value at 'statements' failed to satisfy constraint: Member must have length between 1 and ${MAX_STATEMENTS}`,
    );
  refuseUnknown('BatchExecuteStatement', CALL_MEMBERS, input);
  return statements.map((each: JsonObject): Request => {
    refuseUnknown('a statement', STATEMENT_MEMBERS, each);
    const { Statement: text, Parameters: parameters = [] } = each;
    if (typeof text !== 'string') throw validationError('A statement needs its Statement, a string.');
    if (!Array.isArray(parameters)) throw validationError("A statement's Parameters must be a list.");
    return {
      Statement: text,
      Parameters: parameters as AttributeValue[],
      ReturnValuesOnConditionCheckFailure: each.ReturnValuesOnConditionCheckFailure,
    };
  });
}

function refuseUnknown(owner: string, known: readonly string[], given: object): void {
  const unknown = Object.keys(given).find((member) => !known.includes(member));
  if (unknown !== undefined)
    throw validationError(
      `The embedded DynamoDB does not support ${unknown}, a member of ${owner}: leave it out.`,
    );
}

/** Converts an error to the statement's entry in the response. @throws any error that the statement did not cause */
function statementError(kind: PartiqlStatement['kind'], error: unknown): StatementError {
  if (!(error instanceof JsonError)) throw error;
  const { type, message, members } = error;
  const name = type.split('#').at(-1);
  if (name === 'ConditionalCheckFailedException' && kind === 'INSERT')
    return { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' };
  if (name === 'ConditionalCheckFailedException')
    return { Code: 'ConditionalCheckFailed', Message: message, ...members };
  if (name === 'ResourceNotFoundException') return { Code: 'ResourceNotFound', Message: message };
  if (name === 'ValidationException') return { Code: 'ValidationError', Message: message };
  throw error;
}
