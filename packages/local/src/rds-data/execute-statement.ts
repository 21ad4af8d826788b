import { lookUpTypes } from './catalog-types.ts';
import { describeColumns } from './column-metadata.ts';
import type { ColumnMetadata } from './column-metadata.ts';
import type { Connection } from './connections.ts';
import { formatRecords } from './json-records.ts';
import { scanNamedParameters } from './named-parameters.ts';
import type {
  BatchExecuteStatementRequest,
  ExecuteStatementRequest,
  Field,
  ResultSetOptions,
} from './request-shapes.ts';
import { fieldReader, isBuiltIn } from './result-fields.ts';
import type { SqlColumn, SqlResult } from './sql-query.ts';

export interface ExecuteStatementResponse {
  readonly numberOfRecordsUpdated: number;
  readonly records?: Field[][];
  readonly columnMetadata?: ColumnMetadata[];
  readonly formattedRecords?: string;
  readonly generatedFields?: Field[];
}

export interface BatchExecuteStatementResponse {
  readonly updateResults: { readonly generatedFields: Field[] }[];
}

/**
 * Runs a statement and builds the response.
 *
 * For a statement with a result set, including RETURNING, the response contains the records, and the number of updated records is 0. For
 * any other statement, the response contains only the number of updated records. Generated fields are always empty, because Aurora
 * PostgreSQL does not support them.
 */
export async function executeStatement(
  connection: Connection,
  request: ExecuteStatementRequest,
): Promise<ExecuteStatementResponse> {
  const { parameters = [], resultSetOptions = {}, formatRecordsAs, includeResultMetadata } = request;
  const result = await connection.run(scanNamedParameters(request.sql), parameters);
  if (!result.columns) return { numberOfRecordsUpdated: result.rowCount, generatedFields: [] };

  const records = await readRecords(connection, result, result.columns, resultSetOptions);
  // According to the API reference, `formatRecordsAs` applies only to SELECT, and is ignored for all other statements.
  if (formatRecordsAs === 'JSON' && result.command === 'SELECT') {
    const labels = result.columns.map(({ name }) => name);
    return { numberOfRecordsUpdated: 0, formattedRecords: formatRecords(labels, records) };
  }
  return {
    numberOfRecordsUpdated: 0,
    records,
    ...(includeResultMetadata && { columnMetadata: await describeColumns(connection, result.columns) }),
  };
}

/**
 * Runs a statement once for each parameter set, in order. Outside a transaction, each run is committed separately, so a failure does not undo the
 * earlier runs. Without parameter sets, nothing runs.
 */
export async function batchExecuteStatement(
  connection: Connection,
  { sql, parameterSets = [] }: BatchExecuteStatementRequest,
): Promise<BatchExecuteStatementResponse> {
  const scanned = scanNamedParameters(sql);
  for (const parameters of parameterSets) await connection.run(scanned, parameters);
  return { updateResults: parameterSets.map(() => ({ generatedFields: [] })) };
}

async function readRecords(
  connection: Connection,
  { rows }: SqlResult,
  columns: readonly SqlColumn[],
  options: ResultSetOptions,
): Promise<Field[][]> {
  if (rows.length === 0) return [];
  const types = await lookUpTypes(connection, columns, isBuiltIn);
  const readers = columns.map(({ type }) => fieldReader(type, options, types));
  return rows.map((row) =>
    readers.map((read, at) => {
      const text = row[at];
      return text == null ? { isNull: true } : read(text);
    }),
  );
}
