import type { Tables } from './tables.ts';

/** The key attributes of a table, the hash key first. */
export async function keyNamesOf(tables: Tables, table: string): Promise<string[]> {
  const { Table } = (await tables.execute('DescribeTable', { TableName: table })) as {
    Table: { KeySchema: { AttributeName: string }[] };
  };
  return Table.KeySchema.map((key) => key.AttributeName);
}
