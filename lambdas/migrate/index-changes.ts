import type { Migration } from './migration-files.ts';
import { withoutComments } from './sql-comments.ts';

/**
 * A `CREATE INDEX CONCURRENTLY` or `DROP INDEX CONCURRENTLY` statement, which lets other sessions write to the table while
 * it runs. PostgreSQL does not allow either statement in a transaction.
 */
export interface IndexChange {
  readonly kind: 'build' | 'drop';
  /** The name of the index. */
  readonly index: string;
  /** The statement, without comments. */
  readonly sql: string;
}

const BUILD = /^CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?<index>[a-z_][a-z0-9_]*)\s+ON\s/i;
const DROP = /^DROP\s+INDEX\s+CONCURRENTLY\s+(?<index>[a-z_][a-z0-9_]*)$/i;
const CONCURRENTLY = /^(?:CREATE|DROP|REINDEX)\b[^(']*\bCONCURRENTLY\b/i;

/**
 * Returns a migration's index changes if the migration must run outside a transaction; undefined if it runs inside one.
 * Either all of a migration's statements must contain CONCURRENTLY, or none may.
 *
 * @throws Error that names the migration, if the migration also contains other statements or changes an index twice
 */
export function indexChangesOf({ name, statements }: Migration): IndexChange[] | undefined {
  const plain = statements.map((statement) => withoutComments(statement).trim());
  if (!plain.some((statement) => CONCURRENTLY.test(statement))) return undefined;
  const changes = plain.map((sql) => readChange(name, sql));
  const twice = changes.find(({ index }, at) => changes.findIndex((other) => other.index === index) < at);
  if (twice) {
    throw new Error(
      `Migration ${name} changes the index ${twice.index} twice. ` +
        'Give the new index a new name, and drop the old index in the next release.',
    );
  }
  return changes;
}

function readChange(migration: string, sql: string): IndexChange {
  const [build, drop] = [BUILD.exec(sql), DROP.exec(sql)];
  const index = (build ?? drop)?.groups?.index;
  if (index === undefined) {
    throw new Error(
      `Migration ${migration} has a CONCURRENTLY statement, so it runs outside of a transaction and may only contain ` +
        '"CREATE [UNIQUE] INDEX CONCURRENTLY <name> ON …" and "DROP INDEX CONCURRENTLY <name>", without IF [NOT] EXISTS. ' +
        `Move this statement to another migration: ${sql.split('\n', 1)[0] ?? ''}`,
    );
  }
  return { kind: build ? 'build' : 'drop', index: index.toLowerCase(), sql };
}
