import type { Connection } from './connections.ts';
import type { CatalogType } from './result-fields.ts';
import type { SqlColumn } from './sql-query.ts';

/** The lowest object ID of user-defined types (FirstNormalObjectId in access/transam.h). Built-in types are the same in every database. */
const FIRST_USER_TYPE = 16384;

const LOOK_UP = `
  SELECT t.oid, t.typname, t.typtype = 'e', e.typtype IS NOT DISTINCT FROM 'e'
  FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem
  WHERE t.oid = ANY ($1::oid[])`;

/** Looks up the types that have no built-in reader. Most results need no query, because all their types have built-in readers. */
export async function lookUpTypes(
  connection: Connection,
  columns: readonly SqlColumn[],
  isKnown: (type: number) => boolean,
): Promise<ReadonlyMap<number, CatalogType>> {
  const unknown = columns.map(({ type }) => type).filter((type) => !isKnown(type));
  if (unknown.length === 0) return new Map();
  const { rows } = await connection.control(LOOK_UP, [unknown]);
  return new Map(
    rows.map(([type, name, isEnum, isEnumArray]) => [
      Number(type),
      {
        name: displayName(Number(type), name ?? ''),
        isEnum: isEnum === 't',
        isEnumArray: isEnumArray === 't',
      },
    ]),
  );
}

/**
 * Returns a type's name as the Data API spells it. Built-in types are in upper case, `"CHAR"` is in quotes, and `regclass` and user-defined
 * types are unchanged.
 */
function displayName(type: number, name: string): string {
  if (type >= FIRST_USER_TYPE || name.startsWith('reg')) return name;
  if (name === 'char') return '"CHAR"';
  return name.startsWith('_') ? `${name.slice(1).toUpperCase()}[]` : name.toUpperCase();
}
