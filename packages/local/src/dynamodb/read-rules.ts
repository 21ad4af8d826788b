import type { CheckedInput, OperationName, Table } from './dynalite.ts';
import { validationError } from './validation-error.ts';

/**
 * Checks a Query or Scan for contradictions that dynalite accepts
 * (docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html).
 * @throws JsonError ValidationException
 */
export function checkRead(
  operation: OperationName,
  { Select: select, ConsistentRead: isConsistent, IndexName: index, ...input }: CheckedInput,
  table: Table | undefined,
): void {
  if (operation !== 'Query' && operation !== 'Scan') return;
  const isGlobal = table?.GlobalSecondaryIndexes?.some(({ IndexName }) => IndexName === index) ?? false;
  if (isConsistent === true && isGlobal) {
    throw validationError('Consistent reads are not supported on global secondary indexes');
  }
  const projection = ['ProjectionExpression', 'AttributesToGet'].find((name) => name in input);
  if (projection !== undefined && select !== undefined && select !== 'SPECIFIC_ATTRIBUTES') {
    throw validationError(`Cannot specify the ${projection} when choosing to get ${select}`);
  }
  if (projection === undefined && select === 'SPECIFIC_ATTRIBUTES') {
    throw validationError(
      'Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES',
    );
  }
  if (select === 'ALL_PROJECTED_ATTRIBUTES' && index === undefined) {
    throw validationError('ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName');
  }
}
