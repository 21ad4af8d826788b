import type { CheckedInput, OperationName, Table } from './dynalite.ts';
import { checkKeys } from './key-rules.ts';
import { checkRead } from './read-rules.ts';
import { orderUpdate } from './update-order.ts';
import { validationError } from './validation-error.ts';

/**
 * Applies DynamoDB rules that dynalite lacks. Runs after dynalite's validations and before its action. Also sorts an update expression's actions.
 * @throws JsonError ValidationException
 */
export function checkRules(
  operation: OperationName,
  input: CheckedInput,
  tableOf: (name: string) => Table | undefined,
): void {
  if (operation === 'CreateTable') checkDefinitions(input);
  checkRead(operation, input, tableOf(input.TableName ?? ''));
  checkKeys(operation, input, tableOf);
  orderUpdate(input);
}

/** Checks that each defined attribute is a key of the table or of an index. */
function checkDefinitions(input: CheckedInput): void {
  const { AttributeDefinitions: definitions = [], KeySchema: keys = [] } = input;
  const { GlobalSecondaryIndexes: globals = [], LocalSecondaryIndexes: locals = [] } = input;
  const used = new Set(
    [{ KeySchema: keys }, ...globals, ...locals].flatMap((each) =>
      each.KeySchema.map(({ AttributeName: name }) => name),
    ),
  );
  const names = definitions.map(({ AttributeName: name }) => name);
  if (names.every((name) => used.has(name))) return;
  throw validationError(
    'One or more parameter values were invalid: Some AttributeDefinitions are not used. ' +
      `AttributeDefinitions: [${names.join(', ')}], keys used: [${[...used].join(', ')}]`,
  );
}
