import type { Difference } from './contract.ts';
import { partiql } from './suites/dynamodb-partiql.ts';

/** All BatchExecuteStatement cases in which MiniStack 1.5.33 or moto 5.2.5 differs from AWS. */
export const partiqlDifferences: readonly Difference[] = [
  {
    target: 'ministack',
    protocol: 'dynamodb',
    case: 'an UPDATE in a batch joins conditions with OR',
    does: { other: ['ValidationError'], met: ['ValidationError'] },
    says: 'Does not support OR.',
    aws: 'AND, OR and parentheses join conditions.',
  },
  ...partiql.map(({ name, aws }): Difference => ({
    target: 'moto',
    protocol: 'dynamodb',
    case: name,
    does: { ...withoutMembers(aws), thrown: 'SyntaxError' },
    says: 'Fails with 500: its PartiQL does not support parameters in an INSERT or a DELETE, or a second SET.',
    aws: 'Each statement has its own response.',
  })),
];

/** Marks all members as missing. */
function withoutMembers(seen: Difference['does']): Record<string, undefined> {
  return Object.fromEntries(Object.keys(Object(seen) as object).map((name) => [name, undefined]));
}
