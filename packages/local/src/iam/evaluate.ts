import { matches } from './pattern.ts';
import type { Condition, Statement } from './policy.ts';

/** An action that a caller wants to perform. */
export interface AccessRequest {
  /** The IAM action, such as `sqs:SendMessage`. */
  readonly action: string;
  /** The resource's ARN, or `*` if the action has no specific resource. */
  readonly resource: string;
  /** The condition keys' values, keyed by the condition key in lower case. */
  readonly context: Readonly<Record<string, string>>;
}

/** Whether a statement applies to a request. The caller must check the statement's principals. */
export function applies(statement: Statement, request: AccessRequest): boolean {
  return (
    statement.actions.some((pattern) => isAction(pattern, request.action)) &&
    (statement.resources.length === 0 ||
      statement.resources.some((pattern) => matches(pattern, request.resource))) &&
    statement.conditions.every((condition) => holds(condition, request.context))
  );
}

/** Whether a pattern matches an action. Actions are case-insensitive: `sqs:sendmessage`. */
export function isAction(pattern: string, action: string): boolean {
  return matches(pattern.toLowerCase(), action.toLowerCase());
}

/** Whether a condition holds. A condition does not hold if the request lacks its key. */
function holds({ operator, key, values }: Condition, context: AccessRequest['context']): boolean {
  const given = context[key];
  if (given === undefined) return false;
  switch (operator) {
    case 'StringEquals':
      return values.includes(given);
    case 'Bool':
      return values.some((value) => value.toLowerCase() === given);
    // In IAM, ArnEquals and ArnLike are identical.
    case 'ArnEquals':
    case 'ArnLike':
    case 'StringLike':
      return values.some((value) => matches(value, given));
  }
}
