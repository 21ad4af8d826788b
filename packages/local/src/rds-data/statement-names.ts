/**
 * Names for prepared statements: one for each statement with its parameters' types, the same on every connection. Postgres then
 * parses and plans a statement once per connection.
 */
export interface StatementNames {
  /** `undefined` for a statement that is not to be kept. */
  nameFor(text: string, types: readonly number[]): string | undefined;
  /** A changed schema or setting invalidates statements prepared before. */
  forgetAfter(command: string | null): void;
}

/** A program has few statements; one that generates statements must not fill the servers' memory. */
const MAX_NAMES = 200;

export function createStatementNames(): StatementNames {
  const names = new Map<string, string>();
  let last = 0;
  return {
    nameFor(text, types) {
      const key = `${types.join()} ${text}`;
      const known = names.get(key);
      if (known !== undefined || names.size >= MAX_NAMES) return known;
      last += 1;
      const name = `s${last}`;
      names.set(key, name);
      return name;
    },
    forgetAfter(command) {
      if (!isPlain(command)) names.clear();
    },
  };
}

const PLAIN = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE']);

/** Whether a statement with this completion tag leaves the schema and the session unchanged. */
export function isPlain(command: string | null): boolean {
  return command === null || PLAIN.has(command);
}
