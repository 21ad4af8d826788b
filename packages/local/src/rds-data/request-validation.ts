import { DataApiError, validation } from './data-api-error.ts';
import type {
  BatchExecuteStatementRequest,
  EndTransactionRequest,
  ExecuteStatementRequest,
  Target,
} from './request-shapes.ts';

/** Validates a request's members before the request is processed. */
type Check<Request> = (body: Record<string, unknown>) => Request;

export const asTarget: Check<Target> = (given) => {
  const body = present(given);
  requireStrings(body, 'resourceArn', 'secretArn');
  requireTypes(body, { database: 'string' });
  if (body.schema !== undefined) throw validation("The schema parameter isn't supported");
  return body as unknown as Target;
};

export const asExecute: Check<ExecuteStatementRequest> = (given) => {
  const body = present(given);
  asTarget(body);
  requireStrings(body, 'sql');
  requireTypes(body, {
    transactionId: 'string',
    includeResultMetadata: 'boolean',
    continueAfterTimeout: 'boolean',
    resultSetOptions: 'object',
  });
  requireParameters(body, 'parameters');
  requireOneOf(body, 'formatRecordsAs', ['NONE', 'JSON']);
  const options = present((body.resultSetOptions ?? {}) as Record<string, unknown>);
  requireOneOf(options, 'decimalReturnType', ['STRING', 'DOUBLE_OR_LONG']);
  requireOneOf(options, 'longReturnType', ['STRING', 'LONG']);
  return body as unknown as ExecuteStatementRequest;
};

export const asBatchExecute: Check<BatchExecuteStatementRequest> = (given) => {
  const body = present(given);
  asTarget(body);
  requireStrings(body, 'sql');
  requireTypes(body, { transactionId: 'string' });
  requireArray(body, 'parameterSets');
  const sets = (body.parameterSets ?? []) as unknown[];
  for (const index of sets.keys())
    requireParameters({ [`parameterSets.${index}`]: sets[index] ?? null }, `parameterSets.${index}`);
  return body as unknown as BatchExecuteStatementRequest;
};

export const asEndTransaction: Check<EndTransactionRequest> = (given) => {
  const body = present(given);
  asTarget(body);
  requireStrings(body, 'transactionId');
  return body as unknown as EndTransactionRequest;
};

/** Returns the members that are not null, because null members count as absent. */
function present(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

function requireTypes(
  body: Record<string, unknown>,
  types: Readonly<Record<string, 'string' | 'boolean' | 'object'>>,
): void {
  for (const [member, type] of Object.entries(types)) {
    const value = body[member];
    if (value !== undefined && (typeof value !== type || Array.isArray(value))) throw wrongType(member, type);
  }
}

/**
 * Validates a list of parameters, each with a name, a value and optionally a type hint. The values are checked when they are
 * bound.
 */
function requireParameters(body: Record<string, unknown>, member: string): void {
  requireArray(body, member);
  for (const [index, parameter] of ((body[member] ?? []) as unknown[]).entries()) {
    const place = `${member}.${index}`;
    if (typeof parameter !== 'object' || parameter === null || Array.isArray(parameter))
      throw wrongType(place, 'object');
    const { name, value, typeHint } = parameter as Record<string, unknown>;
    requireTypes({ [`${place}.name`]: name }, { [`${place}.name`]: 'string' });
    requireTypes({ [`${place}.typeHint`]: typeHint }, { [`${place}.typeHint`]: 'string' });
    if (value === null) throw wrongType(`${place}.value`, 'object');
    requireTypes({ [`${place}.value`]: value }, { [`${place}.value`]: 'object' });
  }
}

function wrongType(member: string, type: string): Error {
  return new DataApiError('SerializationException', 400, `The member ${member} must have type ${type}.`);
}

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
