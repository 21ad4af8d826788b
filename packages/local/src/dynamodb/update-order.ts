import type { CheckedInput, UpdateSection } from './dynalite.ts';
import { validationError } from './validation-error.ts';

type Path = UpdateSection['path'];

/**
 * Sorts an update expression's actions so that each action's list index refers to the intended element. DynamoDB resolves all paths in the item
 * before the update, but dynalite resolves them in the partly updated item. Elements are therefore removed last, starting from the end of each list.
 * @throws JsonError for a call with ReturnValues UPDATED_NEW that removes list elements, because the removals move the other elements
 */
export function orderUpdate({ _updates: expression, ReturnValues: returned }: CheckedInput): void {
  if (!expression) return;
  const { sections } = expression;
  const removals = sections.filter(({ type }) => type === 'remove' || type === 'delete');
  const isOfElement = removals.some(({ path }) => typeof path.at(-1) === 'number');
  if (isOfElement && returned === 'UPDATED_NEW') {
    throw validationError(
      'The embedded DynamoDB does not return UPDATED_NEW of an update that removes elements of a list: ask for ALL_NEW.',
    );
  }
  const others = sections.filter((section) => !removals.includes(section));
  expression.sections = [...others, ...removals.toSorted((a, b) => comparePaths(b.path, a.path))];
}

function comparePaths(a: Path, b: Path): number {
  for (const [depth, piece] of a.entries()) {
    const other = b[depth];
    if (other === undefined) return 1;
    if (piece === other) continue;
    if (typeof piece === 'number' && typeof other === 'number') return piece - other;
    return String(piece) < String(other) ? -1 : 1;
  }
  return a.length - b.length;
}
