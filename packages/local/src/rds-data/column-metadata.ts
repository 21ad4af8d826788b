import type { Connection } from './connections.ts';
import type { SqlColumn } from './sql-query.ts';
import { elementOf, oid } from './type-oids.ts';

/** A column as returned with `includeResultMetadata`. The member names and type codes come from JDBC. */
export interface ColumnMetadata {
  readonly name: string;
  readonly label: string;
  readonly type: number;
  readonly typeName: string;
  readonly schemaName: string;
  readonly tableName: string;
  readonly isAutoIncrement: boolean;
  readonly isSigned: boolean;
  readonly isCurrency: boolean;
  readonly isCaseSensitive: boolean;
  /** The column's nullability: 0 for not nullable, 1 for nullable, and 2 for unknown, as for a computed column. */
  readonly nullable: number;
  readonly precision: number;
  readonly scale: number;
  readonly arrayBaseColumnType: number;
}

/** Reads the columns' metadata from the catalog, in column order. A serial column keeps its declared type name. */
const DESCRIBE = `
  SELECT typname, attname, relname,
         CASE WHEN attidentity <> '' OR pg_get_expr(adbin, adrelid) LIKE 'nextval(%' THEN 't' END,
         CASE WHEN attnotnull THEN '0' ELSE '1' END
  FROM unnest($1::oid[], $2::int[], $3::oid[]) WITH ORDINALITY AS col (tab, att, typ, place)
  LEFT JOIN pg_type ON pg_type.oid = typ
  LEFT JOIN pg_attribute ON attrelid = tab AND attnum = att
  LEFT JOIN pg_class ON pg_class.oid = tab
  LEFT JOIN pg_attrdef ON adrelid = tab AND adnum = att
  ORDER BY place`;

/** Describes a result's columns by querying the catalog, as the Data API does. */
export async function describeColumns(
  connection: Connection,
  columns: readonly SqlColumn[],
): Promise<ColumnMetadata[]> {
  const { rows } = await connection.control(DESCRIBE, [
    columns.map(({ table }) => table),
    columns.map(({ attribute }) => attribute),
    columns.map(({ type }) => type),
  ]);
  return columns.map((column, at) => {
    const [typeName, name, tableName, autoIncrement, nullable] = rows[at] ?? [];
    const isAutoIncrement = autoIncrement === 't';
    const { code, precision, scale, isSigned } = jdbcType(column);
    return {
      name: name ?? column.name,
      label: column.name,
      type: code,
      typeName: declaredName(typeName ?? '', isAutoIncrement),
      schemaName: '',
      tableName: tableName ?? '',
      isAutoIncrement,
      isSigned,
      isCurrency: false,
      isCaseSensitive: !isSigned,
      nullable: name == null ? 2 : Number(nullable),
      precision,
      scale,
      arrayBaseColumnType: 0,
    };
  });
}

const SERIAL: Readonly<Record<string, string>> = { int2: 'smallserial', int4: 'serial', int8: 'bigserial' };

function declaredName(typeName: string, isAutoIncrement: boolean): string {
  return isAutoIncrement ? (SERIAL[typeName] ?? typeName) : typeName;
}

/** JDBC's description of a type: its java.sql.Types code, and the maximum number of digits or characters in a value. */
interface JdbcType {
  readonly code: number;
  readonly precision: number;
  readonly scale: number;
  readonly isSigned: boolean;
}

/** The maximum length reported for string types that were declared without one. */
const UNBOUNDED = 2147483647;
const number = (code: number, precision: number, scale = 0): JdbcType => ({
  code,
  precision,
  scale,
  isSigned: true,
});
const other = (code: number, precision = UNBOUNDED): JdbcType => ({
  code,
  precision,
  scale: 0,
  isSigned: false,
});

const ARRAY = other(2003);
const OTHER = other(1111);
const JDBC_TYPES: ReadonlyMap<number, JdbcType> = new Map([
  [oid.bool, other(-7, 1)],
  [oid.int2, number(5, 5)],
  [oid.int4, number(4, 10)],
  [oid.int8, number(-5, 19)],
  [oid.oid, other(-5, 10)],
  [oid.float4, number(7, 8, 8)],
  [oid.float8, number(8, 17, 17)],
  [oid.numeric, number(2, 0)],
  [oid.bytea, other(-2)],
  [oid.bpchar, other(1)],
  [oid.varchar, other(12)],
  [oid.text, other(12)],
  [oid.name, other(12)],
  [oid.date, other(91)],
  [oid.time, other(92)],
  [oid.timestamp, other(93)],
  [oid.timestamptz, other(93)],
]);

/** Returns a column's JDBC type. The type modifier contains the declared length, or precision and scale, plus 4 (VARHDRSZ). */
function jdbcType({ type, modifier }: SqlColumn): JdbcType {
  const known = elementOf.has(type) ? ARRAY : (JDBC_TYPES.get(type) ?? OTHER);
  const declared = modifier - 4;
  if (declared < 0) return known;
  if (type === oid.numeric) return { ...known, precision: declared >> 16, scale: declared & 0x7ff };
  return type === oid.varchar || type === oid.bpchar ? { ...known, precision: declared } : known;
}
