import { isObject, TemplateError } from './template.ts';
import type { TemplateValue } from './template.ts';
import type { Resolved, Scope } from './scope.ts';

/** Resolves a value within a condition. The function is injected, because values can themselves contain conditions (`Fn::If`). */
export type Resolve = (value: TemplateValue, scope: Scope) => Resolved;

/**
 * Whether the template's condition with this name holds.
 * @throws TemplateError if the name is not in `Conditions`, or if a function is not allowed in a condition
 */
export function conditionHolds(name: string, scope: Scope, resolve: Resolve): boolean {
  const condition = scope.template.Conditions?.[name];
  if (condition === undefined) throw new TemplateError(`the template has no condition ${name}`);
  return evaluate(condition, scope, resolve);
}

function evaluate(condition: TemplateValue, scope: Scope, resolve: Resolve): boolean {
  const [entry] = isObject(condition) ? Object.entries(condition) : [];
  const [name, argument] = entry ?? ['', null];
  const operands = Array.isArray(argument) ? argument : [];
  switch (name) {
    case 'Condition':
      return conditionHolds(typeof argument === 'string' ? argument : '', scope, resolve);
    case 'Fn::Equals': {
      const [left, right] = operands.map((operand) => JSON.stringify(resolve(operand, scope)));
      return left === right;
    }
    case 'Fn::And':
      return operands.every((operand) => evaluate(operand, scope, resolve));
    case 'Fn::Or':
      return operands.some((operand) => evaluate(operand, scope, resolve));
    case 'Fn::Not':
      return !operands.some((operand) => evaluate(operand, scope, resolve));
    default:
      throw new TemplateError(
        `a condition uses ${JSON.stringify(condition)}, which the embedded cloud does not support`,
      );
  }
}
