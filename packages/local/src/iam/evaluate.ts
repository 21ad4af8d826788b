import { matches } from './pattern.ts';
import type { Condition, Statement } from './policy.ts';

/** One thing that somebody wants to do. */
export interface AccessRequest {
  /** Such as `sqs:SendMessage`. */
  readonly action: string;
  /** An ARN, or `*` where the action is about no single resource. */
  readonly resource: string;
  /** The values of condition keys, by the key in lower case. */
  readonly context: Readonly<Record<string, string>>;
}

/** Whether a statement speaks of a request; whom it speaks of is the caller's to judge. */
export function applies(statement: Statement, request: AccessRequest): boolean {
  return (
    statement.actions.some((pattern) => isAction(pattern, request.action)) &&
    (statement.resources.length === 0 ||
      statement.resources.some((pattern) => matches(pattern, request.resource))) &&
    statement.conditions.every((condition) => holds(condition, request.context))
  );
}

/** Actions are the same in any case: `sqs:sendmessage`. */
export function isAction(pattern: string, action: string): boolean {
  return matches(pattern.toLowerCase(), action.toLowerCase());
}

/** A key that the request does not have fits nothing. */
function holds({ operator, key, values }: Condition, context: AccessRequest['context']): boolean {
  const given = context[key];
  if (given === undefined) return false;
  switch (operator) {
    case 'StringEquals':
      return values.includes(given);
    case 'Bool':
      return values.some((value) => value.toLowerCase() === given);
    // The two are one and the same in IAM.
    case 'ArnEquals':
    case 'ArnLike':
    case 'StringLike':
      return values.some((value) => matches(value, given));
  }
}
