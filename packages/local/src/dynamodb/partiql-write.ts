import type { JsonObject } from '../aws-endpoint/json-protocol.ts';
import type { AttributeValue, OperationName } from './dynalite.ts';
import type { Assignment, Condition, PartiqlStatement } from './partiql-syntax.ts';
import { validationError } from './validation-error.ts';

/** An operation on one item, converted from a statement. */
export interface Write {
  readonly operation: OperationName;
  readonly input: JsonObject;
}

/**
 * Converts a statement to a write.
 * @param keyNames the table's key attributes, with the partition key first
 * @throws JsonError if the condition does not identify one item
 */
export function writeOf(
  statement: PartiqlStatement,
  parameters: readonly AttributeValue[],
  keyNames: readonly string[],
): Write {
  const names: Record<string, string> = { '#hash': keyNames[0] ?? '' };
  const valueOf = ({ parameter }: Assignment): AttributeValue => parameters[parameter] ?? {};
  if (statement.kind === 'INSERT') {
    const Item = Object.fromEntries(statement.item.map((each) => [each.name, valueOf(each)]));
    const ConditionExpression = 'attribute_not_exists(#hash)';
    return { operation: 'PutItem', input: { Item, ConditionExpression, ExpressionAttributeNames: names } };
  }

  const values: Record<string, AttributeValue> = {};
  const compare = (comparator: '=' | '<=', given: Assignment): string => {
    names[`#n${given.parameter}`] = given.name;
    values[`:v${given.parameter}`] = valueOf(given);
    return `#n${given.parameter} ${comparator} :v${given.parameter}`;
  };
  const expressionOf = (condition: Condition): string =>
    'joint' in condition
      ? `(${condition.parts.map(expressionOf).join(` ${condition.joint} `)})`
      : compare(condition.comparator, condition);
  const { key, rest } = splitKey(statement.where, keyNames);
  const conditions = rest.map(expressionOf);
  const input = {
    Key: Object.fromEntries(key.map((each) => [each.name, valueOf(each)])),
    ExpressionAttributeNames: names,
    ...(statement.kind === 'UPDATE'
      ? {
          UpdateExpression: `SET ${statement.sets.map((each) => compare('=', each)).join(', ')}`,
          // The update fails if the item does not exist.
          ConditionExpression: ['attribute_exists(#hash)', ...conditions].join(' AND '),
        }
      : {
          // The deletion succeeds if the item does not exist.
          ConditionExpression: `attribute_not_exists(#hash) OR (${['attribute_exists(#hash)', ...conditions].join(' AND ')})`,
        }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
  return { operation: statement.kind === 'UPDATE' ? 'UpdateItem' : 'DeleteItem', input };
}

/** Splits a condition into the comparisons that identify the item, and the other conditions. */
function splitKey(
  where: Condition,
  keyNames: readonly string[],
): { key: readonly Assignment[]; rest: readonly Condition[] } {
  const parts = 'joint' in where && where.joint === 'AND' ? where.parts : [where];
  const key: Assignment[] = [];
  for (const name of keyNames) {
    const equality = parts.find((part) => 'name' in part && part.name === name && part.comparator === '=');
    if (!equality || 'joint' in equality)
      throw validationError('Where clause does not contain a mandatory equality on all key attributes');
    key.push(equality);
  }
  return { key, rest: parts.filter((part) => 'joint' in part || !key.includes(part)) };
}
