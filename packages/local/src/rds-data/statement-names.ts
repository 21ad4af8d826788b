/**
 * Names for prepared statements. A statement with the same parameter types gets the same name on every connection, so each connection parses and
 * plans the statement only once.
 */
export interface StatementNames {
  /** The name, or `undefined` for a statement that should not stay prepared. */
  nameFor(text: string, types: readonly number[]): string | undefined;
  /** Forgets all names after a command that changes the schema or a setting, because prepared statements are then invalid. */
  forgetAfter(command: string | null): void;
}

/**
 * The maximum number of names. A typical program has few statements, but a program that generates statements must not fill the server's
 * memory.
 */
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
