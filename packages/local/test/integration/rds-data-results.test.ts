import type { Field } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startRdsDataUnderTest, text } from './rds-data-under-test.ts';
import type { RdsDataUnderTest } from './rds-data-under-test.ts';

jest.setTimeout(30_000);

let api: RdsDataUnderTest;
beforeAll(async () => {
  api = await startRdsDataUnderTest();
  await api.execute(`CREATE TYPE mood AS ENUM ('glad', 'so so')`);
});
afterAll(() => api.end());

describe('the values of a result', () => {
  it.each<[string, Field]>([
    ['true', { booleanValue: true }],
    ['1::smallint', { longValue: 1 }],
    ['2147483647', { longValue: 2147483647 }],
    ['9007199254740991', { longValue: 9007199254740991 }],
    ['1.5::real', { doubleValue: 1.5 }],
    ['0.1::float8', { doubleValue: 0.1 }],
    ["'NaN'::float8", { doubleValue: NaN }],
    ['12.50::numeric', { stringValue: '12.50' }],
    ["'a'::text", { stringValue: 'a' }],
    ["'a'::char(3)", { stringValue: 'a  ' }],
    ["'grüße 🎉'", { stringValue: 'grüße 🎉' }],
    ["'\\x00ff10'::bytea", { blobValue: new Uint8Array([0, 255, 16]) }],
    ["''::bytea", { blobValue: new Uint8Array() }],
    ["date '2026-02-28'", { stringValue: '2026-02-28' }],
    ["time '13:05:00.5'", { stringValue: '13:05:00.500' }],
    ["timestamp '2026-02-28 13:05:00'", { stringValue: '2026-02-28 13:05:00' }],
    ["timestamp '2026-02-28 13:05:00.1234'", { stringValue: '2026-02-28 13:05:00.123400' }],
    ["timestamptz '2026-02-28 13:05:00+02'", { stringValue: '2026-02-28 11:05:00' }],
    ["'123e4567-e89b-12d3-a456-426614174000'::uuid", { stringValue: '123e4567-e89b-12d3-a456-426614174000' }],
    [`'{"a": [1, null]}'::jsonb`, { stringValue: '{"a": [1, null]}' }],
    ["'glad'::mood", { stringValue: 'glad' }],
    ["'10.0.0.0/8'::cidr", { stringValue: '10.0.0.0/8' }],
    ['NULL::uuid', { isNull: true }],
    ['array[true, null]', { arrayValue: { booleanValues: [true, null] } }],
    ['array[1, null]', { arrayValue: { longValues: [1, null] } }],
    ['array[1.5::float8]', { arrayValue: { doubleValues: [1.5] } }],
    [
      `array['a,b', '{c}', 'd"e\\f', '', 'NULL', null]`,
      { arrayValue: { stringValues: ['a,b', '{c}', 'd"e\\f', '', 'NULL', null] } },
    ],
    ["array['so so'::mood]", { arrayValue: { stringValues: ['so so'] } }],
    ['array[1.50::numeric]', { arrayValue: { stringValues: ['1.50'] } }],
    ["'{}'::int[]", { arrayValue: { longValues: [] } }],
    ["'[0:1]={7,8}'::int[]", { arrayValue: { longValues: [7, 8] } }],
  ])('%s', async (expression, field) => {
    expect(await api.row(`SELECT ${expression}`)).toEqual([field]);
  });

  it.each([
    ["interval '1 day'", 'The result contains the unsupported data type INTERVAL.'],
    ['\'a\'::"char"', 'The result contains the unsupported data type "CHAR".'],
    ["'pg_class'::regclass", 'The result contains the unsupported data type regclass.'],
    ["'(1,2)'::point", 'The result contains the unsupported data type POINT.'],
    ['array[[1],[2]]', 'The result contains a multidimensional array.'],
  ])('%s is refused', async (expression, message) => {
    await expect(api.execute(`SELECT ${expression}`)).rejects.toMatchObject({
      name: 'UnsupportedResultException',
      message,
    });
  });

  it('returns numbers as strings, or decimals as numbers, on request', async () => {
    const sql = 'SELECT 1::bigint, 2.50::numeric, 3::numeric';
    expect(await api.row(sql, [], { resultSetOptions: { longReturnType: 'STRING' } })).toEqual([
      { stringValue: '1' },
      { stringValue: '2.50' },
      { stringValue: '3' },
    ]);
    expect(await api.row(sql, [], { resultSetOptions: { decimalReturnType: 'DOUBLE_OR_LONG' } })).toEqual([
      { longValue: 1 },
      { doubleValue: 2.5 },
      { longValue: 3 },
    ]);
  });
});

describe('the shape of a response', () => {
  beforeAll(async () => {
    await api.execute(
      'CREATE TABLE item (id serial PRIMARY KEY, title varchar(40) NOT NULL, price numeric(8,2))',
    );
  });

  it('counts the rows that a statement wrote, if it returns none', async () => {
    const written = await api.execute("INSERT INTO item (title, price) VALUES ('a', 1), ('b', null)");
    expect(written).toMatchObject({ numberOfRecordsUpdated: 2, generatedFields: [] });
    expect(written.records).toBeUndefined();
    const deleted = await api.execute("DELETE FROM item WHERE title = 'none'");
    expect(deleted.numberOfRecordsUpdated).toBe(0);
  });

  it('has records, or an empty list for an empty result', async () => {
    const returned = await api.execute("INSERT INTO item (title) VALUES ('c') RETURNING title");
    expect(returned).toMatchObject({ records: [[{ stringValue: 'c' }]], numberOfRecordsUpdated: 0 });
    expect((await api.execute('SELECT * FROM item WHERE false')).records).toEqual([]);
  });

  it('describes the columns on request', async () => {
    const { columnMetadata = [] } = await api.execute(
      'SELECT id, title AS name, price, 1 + 1 FROM item',
      [],
      {
        includeResultMetadata: true,
      },
    );
    expect(columnMetadata).toMatchObject([
      {
        name: 'id',
        label: 'id',
        typeName: 'serial',
        type: 4,
        nullable: 0,
        isAutoIncrement: true,
        tableName: 'item',
      },
      { name: 'title', label: 'name', typeName: 'varchar', type: 12, nullable: 0, precision: 40 },
      { name: 'price', label: 'price', typeName: 'numeric', type: 2, nullable: 1, precision: 8, scale: 2 },
      { name: '?column?', label: '?column?', typeName: 'int4', nullable: 2, tableName: '', isSigned: true },
    ]);
  });

  it('formats the records of a SELECT as JSON on request', async () => {
    const { formattedRecords = '', ...rest } = await api.execute(
      `SELECT 1 AS n, 'x' AS s, null AS z, true AS b, 1.50 AS d, array['p', null] AS a, '{"k":1}'::jsonb AS j`,
      [],
      { formatRecordsAs: 'JSON', includeResultMetadata: true },
    );
    expect(JSON.parse(formattedRecords)).toEqual([
      { n: 1, s: 'x', z: null, b: true, d: '1.50', a: ['p', null], j: '{"k": 1}' },
    ]);
    expect(rest).not.toHaveProperty('records');
    expect(rest).not.toHaveProperty('columnMetadata');
  });

  it('ignores the request for JSON for other statements', async () => {
    const updated = await api.execute('UPDATE item SET price = 2 RETURNING price', [], {
      formatRecordsAs: 'JSON',
    });
    expect(updated.formattedRecords).toBeUndefined();
    expect(updated.records?.[0]).toEqual([{ stringValue: '2.00' }]);
  });

  it('runs a batch once per parameter set, and keeps the changes made before a failure', async () => {
    await api.execute('CREATE TABLE code (value text PRIMARY KEY)');
    const sql = 'INSERT INTO code VALUES (:v)';
    const { updateResults } = await api.batch(sql, [[text('v', 'a')], [text('v', 'b')]]);
    expect(updateResults).toEqual([{ generatedFields: [] }, { generatedFields: [] }]);

    await expect(api.batch(sql, [[text('v', 'c')], [text('v', 'a')]])).rejects.toThrow(/SQLState: 23505/);
    expect(await api.row('SELECT count(*) FROM code')).toEqual([{ longValue: 3 }]);
    expect((await api.batch(sql, [])).updateResults).toEqual([]);
  });

  it('reflects changes to a table between runs of the same statement', async () => {
    await api.execute('CREATE TABLE changing (a int)');
    const all = () => api.execute('SELECT * FROM changing');
    await all();
    await api.execute('ALTER TABLE changing ADD COLUMN b text');
    await api.execute("INSERT INTO changing VALUES (1, 'x')");
    expect((await all()).records).toEqual([[{ longValue: 1 }, { stringValue: 'x' }]]);
  });
});
