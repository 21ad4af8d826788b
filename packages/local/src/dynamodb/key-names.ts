import type { Tables } from './tables.ts';

/** Returns a table's key attributes, with the partition key first. */
export async function keyNamesOf(tables: Tables, table: string): Promise<string[]> {
  const { Table } = (await tables.execute('DescribeTable', { TableName: table })) as {
    Table: { KeySchema: { AttributeName: string }[] };
  };
  return Table.KeySchema.map((key) => key.AttributeName);
}
