import pg from 'pg';
import type { PoolClient } from 'pg';
import { unsupportedResult } from './data-api-error.ts';
import type { BoundValue } from './parameter-values.ts';
import type { StatementNames } from './statement-names.ts';

/** Postgres's response to one statement, with values as text. */
export interface SqlResult {
  /** The first word of Postgres's completion tag, such as SELECT, INSERT or CREATE; empty for an empty statement. */
  readonly command: string;
  /** The number of rows read or written, from the completion tag. */
  readonly rowCount: number;
  /** The columns of the result set; absent if the statement returns no result set. */
  readonly columns?: readonly SqlColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export interface SqlColumn {
  readonly name: string;
  readonly type: number;
  /** The type modifier, such as the length of a varchar or the precision and scale of a numeric; -1 if there is none. */
  readonly modifier: number;
  /** The column's table; 0 if the column is computed. */
  readonly table: number;
  readonly attribute: number;
}

/** pg's result type, but with a nullable command: an empty statement has no command, although pg's own type requires one. */
type RawResult = Omit<pg.QueryArrayResult<(string | null)[]>, 'command'> & { command: string | null };

/** Documented limits: 1 MiB per result, 64 KB per row. */
const MAX_RESULT_BYTES = 1024 * 1024;
const MAX_ROW_BYTES = 64 * 1024;

/** The protocol's overhead per row and per value, in bytes. It counts toward the limits. */
const ROW_OVERHEAD = 2;
const VALUE_OVERHEAD = 4;

/**
 * Runs one statement. Always uses the extended protocol, which allows only one statement at a time.
 *
 * The parameter types are declared instead of inferred, and are part of the prepared statement's identity.
 *
 * If a result exceeds the limit, the call fails after the statement has run. The statement's changes are kept, and its transaction, if any, stays
 * open. AWS documents only that the call is terminated.
 *
 * @throws pg.DatabaseError if Postgres reports an error; DataApiError if the result exceeds the limits
 */
export async function runSql(
  client: PoolClient,
  names: StatementNames,
  text: string,
  bound: readonly BoundValue[],
): Promise<SqlResult> {
  const types = bound.map(({ type }) => type);
  const asText = keepBelowLimit();
  const config = {
    text,
    name: names.nameFor(text, types),
    values: bound.map(({ value }) => value),
    // pg reads both the parameter types and the result parsers from this array.
    types: Object.assign(types, { getTypeParser: () => asText }),
    rowMode: 'array',
    queryMode: 'extended',
  };
  const result: RawResult = await client.query<(string | null)[]>(config as pg.QueryArrayConfig);
  checkSize(result.rows);
  names.forgetAfter(result.command);
  const columns = result.fields.map((field) => ({
    name: field.name,
    type: field.dataTypeID,
    modifier: field.dataTypeModifier,
    table: field.tableID,
    attribute: field.columnID,
  }));
  return {
    command: result.command ?? '',
    rowCount: result.rowCount ?? 0,
    rows: result.rows,
    ...(columns.length > 0 && { columns }),
  };
}

/**
 * Returns a function to call with each value. To avoid holding a huge result in memory, the function throws as soon as the result certainly exceeds
 * the limit. The function counts one byte per character, which is the minimum.
 */
function keepBelowLimit(): (text: string) => string {
  let characters = 0;
  return (text) => {
    characters += text.length;
    return characters > MAX_RESULT_BYTES ? refuseResult() : text;
  };
}

function checkSize(rows: readonly (readonly (string | null)[])[]): void {
  let total = 0;
  for (const row of rows) {
    let bytes = ROW_OVERHEAD + row.length * VALUE_OVERHEAD;
    for (const value of row) if (value !== null) bytes += Buffer.byteLength(value);
    if (bytes > MAX_ROW_BYTES) throw unsupportedResult('Packet for query is too large: a row exceeds 64 KB.');
    total += bytes;
  }
  if (total > MAX_RESULT_BYTES) refuseResult();
}

function refuseResult(): never {
  throw unsupportedResult('The result exceeds the size limit 1 MB.');
}
