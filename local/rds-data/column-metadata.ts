import type { Connection } from './connections.ts';
import type { SqlColumn } from './sql-query.ts';
import { elementOf, oid } from './type-oids.ts';

/** A column as `includeResultMetadata` describes it; the names and codes are JDBC's. */
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
  /** 0 not nullable, 1 nullable, 2 unknown (a computed column). */
  readonly nullable: number;
  readonly precision: number;
  readonly scale: number;
  readonly arrayBaseColumnType: number;
}

/** What the catalog knows of each column, in order. A serial column goes by the name it was declared with. */
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

/** Describes a result's columns; asks the catalog, as the Data API does too. */
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
    return {
      name: name ?? column.name,
      label: column.name,
      type: jdbcType(column.type),
      typeName: declaredName(typeName ?? '', isAutoIncrement),
      schemaName: '',
      tableName: tableName ?? '',
      isAutoIncrement,
      isSigned: SIGNED.has(column.type),
      isCurrency: false,
      isCaseSensitive: !SIGNED.has(column.type),
      nullable: name == null ? 2 : Number(nullable),
      ...digits(column),
      arrayBaseColumnType: 0,
    };
  });
}

const SERIAL: Readonly<Record<string, string>> = { int2: 'smallserial', int4: 'serial', int8: 'bigserial' };

function declaredName(typeName: string, isAutoIncrement: boolean): string {
  return isAutoIncrement ? (SERIAL[typeName] ?? typeName) : typeName;
}

const SIGNED = new Set<number>([oid.int2, oid.int4, oid.int8, oid.float4, oid.float8, oid.numeric]);

/** java.sql.Types */
const jdbc = {
  bit: -7,
  bigint: -5,
  binary: -2,
  numeric: 2,
  integer: 4,
  smallint: 5,
  real: 7,
  double: 8,
} as const;
const JDBC_TYPES: ReadonlyMap<number, number> = new Map([
  [oid.bool, jdbc.bit],
  [oid.int8, jdbc.bigint],
  [oid.oid, jdbc.bigint],
  [oid.bytea, jdbc.binary],
  [oid.numeric, jdbc.numeric],
  [oid.int4, jdbc.integer],
  [oid.int2, jdbc.smallint],
  [oid.float4, jdbc.real],
  [oid.float8, jdbc.double],
  [oid.bpchar, 1],
  [oid.text, 12],
  [oid.varchar, 12],
  [oid.name, 12],
  [oid.date, 91],
  [oid.time, 92],
  [oid.timestamp, 93],
  [oid.timestamptz, 93],
]);
const JDBC_OTHER = 1111;
const JDBC_ARRAY = 2003;

function jdbcType(type: number): number {
  return elementOf.has(type) ? JDBC_ARRAY : (JDBC_TYPES.get(type) ?? JDBC_OTHER);
}

const UNBOUNDED = 2147483647;
const INTEGER_DIGITS: ReadonlyMap<number, number> = new Map([
  [oid.int2, 5],
  [oid.int4, 10],
  [oid.int8, 19],
  [oid.float4, 8],
  [oid.float8, 17],
]);

/** A modifier holds 4 bytes of header, then a length, or precision and scale in 16 bits each. */
function digits({ type, modifier }: SqlColumn): { precision: number; scale: number } {
  const integer = INTEGER_DIGITS.get(type);
  if (integer !== undefined)
    return { precision: integer, scale: integer === 8 || integer === 17 ? integer : 0 };
  if (type === oid.bool) return { precision: 1, scale: 0 };
  if (modifier < 4) return { precision: type === oid.numeric ? 0 : UNBOUNDED, scale: 0 };
  const bits = modifier - 4;
  return type === oid.numeric
    ? { precision: bits >> 16, scale: bits & 0x7ff }
    : { precision: bits, scale: 0 };
}
