/** A policy statement, limited to the elements that the embedded IAM supports. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** Patterns such as `sqs:Send*`. */
  readonly actions: readonly string[];
  /** ARN patterns. The list is empty in a trust policy, because a trust policy applies to its own role. */
  readonly resources: readonly string[];
  /** The principals in a resource-based policy: `*`, ARNs and services. The list is empty in a role's policy. */
  readonly principals: readonly string[];
  readonly conditions: readonly Condition[];
}

/** A condition holds if one of its values matches the key's value in the request context. */
export interface Condition {
  readonly operator: ConditionOperator;
  readonly key: string;
  readonly values: readonly string[];
}

/** The operators that the embedded IAM supports. */
export const CONDITION_OPERATORS = ['ArnEquals', 'ArnLike', 'Bool', 'StringEquals', 'StringLike'] as const;
export type ConditionOperator = (typeof CONDITION_OPERATORS)[number];

/**
 * Thrown for a part of a policy that the embedded IAM can't evaluate. The message completes a sentence that begins with the property's
 * name.
 */
export class PolicyError extends Error {}

const ELEMENTS = ['Action', 'Condition', 'Effect', 'Principal', 'Resource', 'Sid'];

/**
 * Parses a policy document. Refuses everything that the embedded IAM would evaluate differently than AWS.
 * @throws PolicyError
 */
export function readPolicy(document: unknown): Statement[] {
  const { Statement: statements } = asObject(document);
  return asList(statements).map(readStatement);
}

function readStatement(given: unknown): Statement {
  const statement = asObject(given);
  const unknown = Object.keys(statement).find((element) => !ELEMENTS.includes(element));
  if (unknown !== undefined)
    throw new PolicyError(`uses ${unknown}, which the embedded IAM does not support`);
  const { Effect: effect } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') throw new PolicyError('needs the Effect Allow or Deny');
  return {
    effect,
    actions: asTexts(statement.Action),
    resources: asTexts(statement.Resource),
    principals: principalsOf(statement.Principal),
    conditions: Object.entries(asObject(statement.Condition ?? {})).flatMap(readConditions),
  };
}

/**
 * Returns the principals. A policy specifies principals as `"*"`, or as lists keyed by principal type, such as `{"AWS": "arn:…", "Service": ["…"]}`.
 */
function principalsOf(given: unknown): string[] {
  if (typeof given === 'string') return [given];
  return Object.values(asObject(given ?? {})).flatMap(asTexts);
}

function readConditions([operator, given]: [string, unknown]): Condition[] {
  const known = CONDITION_OPERATORS.find((name) => name === operator);
  if (!known)
    throw new PolicyError(`uses the condition ${operator}, which the embedded IAM does not support`);
  return Object.entries(asObject(given)).map(([key, values]) => ({
    operator: known,
    key: key.toLowerCase(),
    values: asTexts(values),
  }));
}

function asTexts(given: unknown): string[] {
  const texts = asList(given).map(String);
  const variable = texts.find((text) => text.includes('${'));
  if (variable !== undefined) {
    throw new PolicyError(`uses the variable in ${variable}, but the embedded IAM supports no variables`);
  }
  return texts;
}

function asList(given: unknown): unknown[] {
  if (given === undefined) return [];
  return Array.isArray(given) ? given : [given];
}

function asObject(given: unknown): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new PolicyError('must hold objects where IAM has objects');
  }
  return given as Record<string, unknown>;
}
