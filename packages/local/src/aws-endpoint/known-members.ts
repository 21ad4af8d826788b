import { JsonError, type JsonObject, type JsonOperation } from './json-protocol.ts';

/** An operation with its supported input members. */
export interface KnownOperation {
  readonly members: readonly string[];
  /** The supported members of a batch entry. @default - the operation is not a batch */
  readonly entryMembers?: readonly string[];
  readonly run: JsonOperation;
}

/**
 * Wraps operations so that they refuse unknown members instead of silently ignoring them.
 *
 * @param errorOf creates the service's error from a message
 */
export function refusingUnknownMembers(
  title: string,
  operations: Readonly<Record<string, KnownOperation>>,
  errorOf: (message: string) => JsonError = (message) => new JsonError('ValidationException', message),
): Record<string, JsonOperation> {
  const refuseUnknown = (owner: string, known: readonly string[], input: object): void => {
    const unknown = Object.keys(input).find((member) => !known.includes(member));
    if (unknown === undefined) return;
    throw errorOf(`The embedded ${title} does not support ${unknown}, a member of ${owner}: leave it out.`);
  };
  const checked = Object.entries(operations).map(
    ([name, { members, entryMembers, run }]): [string, JsonOperation] => [
      name,
      (input, call) => {
        refuseUnknown(name, members, input);
        for (const entry of entryMembers ? entriesIn(input) : [])
          refuseUnknown(`an entry of ${name}`, entryMembers ?? [], entry);
        return run(input, call);
      },
    ],
  );
  return Object.fromEntries(checked);
}

/** Returns the batch entries that are objects. The operation itself refuses all other entries. */
function entriesIn({ Entries: entries }: JsonObject): object[] {
  if (!Array.isArray(entries)) return [];
  return entries.filter((entry): entry is object => typeof entry === 'object' && entry !== null);
}
