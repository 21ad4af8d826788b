import { validation } from './data-api-error.ts';
import type {
  BatchExecuteStatementRequest,
  EndTransactionRequest,
  ExecuteStatementRequest,
  Target,
} from './request-shapes.ts';

/** Checks a request's members before it is processed. */
type Check<Request> = (body: Record<string, unknown>) => Request;

export const asTarget: Check<Target> = (body) => {
  requireStrings(body, 'resourceArn', 'secretArn');
  if (body.schema !== undefined) throw validation("The schema parameter isn't supported");
  return body as unknown as Target;
};

export const asExecute: Check<ExecuteStatementRequest> = (body) => {
  asTarget(body);
  requireStrings(body, 'sql');
  requireArray(body, 'parameters');
  requireOneOf(body, 'formatRecordsAs', ['NONE', 'JSON']);
  const options = (body.resultSetOptions ?? {}) as Record<string, unknown>;
  requireOneOf(options, 'decimalReturnType', ['STRING', 'DOUBLE_OR_LONG']);
  requireOneOf(options, 'longReturnType', ['STRING', 'LONG']);
  return body as unknown as ExecuteStatementRequest;
};

export const asBatchExecute: Check<BatchExecuteStatementRequest> = (body) => {
  asTarget(body);
  requireStrings(body, 'sql');
  requireArray(body, 'parameterSets');
  return body as unknown as BatchExecuteStatementRequest;
};

export const asEndTransaction: Check<EndTransactionRequest> = (body) => {
  asTarget(body);
  requireStrings(body, 'transactionId');
  return body as unknown as EndTransactionRequest;
};

function requireStrings(body: Record<string, unknown>, ...members: string[]): void {
  for (const member of members) {
    if (typeof body[member] === 'string') continue;
    throw failed(`null at '${member}'`, 'Member must not be null');
  }
}

function requireArray(body: Record<string, unknown>, member: string): void {
  const value = body[member];
  if (value !== undefined && !Array.isArray(value)) throw failed(`at '${member}'`, 'Member must be a list');
}

function requireOneOf(body: Record<string, unknown>, member: string, allowed: readonly string[]): void {
  const value = body[member];
  if (value === undefined || allowed.includes(value as string)) return;
  throw failed(
    `${JSON.stringify(value)} at '${member}'`,
    `Member must satisfy enum value set: [${allowed.join(', ')}]`,
  );
}

function failed(what: string, constraint: string): Error {
  return validation(`1 validation error detected: Value ${what} failed to satisfy constraint: ${constraint}`);
}
