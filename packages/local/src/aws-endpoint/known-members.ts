import { JsonError, type JsonObject, type JsonOperation } from './json-protocol.ts';

/** An operation, and the members of its input that it knows. */
export interface KnownOperation {
  readonly members: readonly string[];
  readonly run: (input: JsonObject) => object;
}

/** Operations that refuse a member that they do not know: a member that is ignored would be lost silently. */
export function refusingUnknownMembers(
  title: string,
  operations: Readonly<Record<string, KnownOperation>>,
): Record<string, JsonOperation> {
  const checked = Object.entries(operations).map(([name, { members, run }]): [string, JsonOperation] => [
    name,
    (input) => {
      const unknown = Object.keys(input).find((member) => !members.includes(member));
      if (unknown === undefined) return run(input);
      throw new JsonError(
        'ValidationException',
        `The embedded ${title} does not know ${unknown}, a member of ${name}: leave it out.`,
      );
    },
  ]);
  return Object.fromEntries(checked);
}
