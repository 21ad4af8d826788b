import type { SqlParameter } from '@aws-sdk/client-rds-data';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CLUSTER, long, startRdsDataUnderTest, text } from './rds-data-under-test.ts';
import type { RdsDataUnderTest } from './rds-data-under-test.ts';

const UUID = '123e4567-e89b-12d3-a456-426614174000';

jest.setTimeout(30_000);

let api: RdsDataUnderTest;
beforeAll(async () => {
  api = await startRdsDataUnderTest();
  await api.execute('CREATE TABLE kind (u uuid, j jsonb, t timestamptz, d date, c time, n numeric, i int)');
});
afterAll(() => api.end());

describe('the Data API', () => {
  it.each<[SqlParameter, string]>([
    [text('v', 'x'), 'text'],
    [long('v', 1), 'bigint'],
    [{ name: 'v', value: { doubleValue: 1.5 } }, 'double precision'],
    [{ name: 'v', value: { booleanValue: false } }, 'boolean'],
    [{ name: 'v', value: { blobValue: new Uint8Array([1]) } }, 'bytea'],
    [{ ...text('v', UUID), typeHint: 'UUID' }, 'uuid'],
    [{ ...text('v', '{}'), typeHint: 'JSON' }, 'jsonb'],
    [{ ...text('v', '2026-01-02'), typeHint: 'DATE' }, 'date'],
    [{ ...text('v', '10:11:12.5'), typeHint: 'TIME' }, 'time without time zone'],
    [{ ...text('v', '2026-01-02 10:11:12.123'), typeHint: 'TIMESTAMP' }, 'timestamp without time zone'],
    [{ ...text('v', '-12.5e3'), typeHint: 'DECIMAL' }, 'numeric'],
  ])('sends %j as a %s', async (parameter, type) => {
    expect(await api.row('SELECT pg_typeof(:v)::text', [parameter])).toEqual([{ stringValue: type }]);
  });

  it.each(['u', 'j', 't', 'd', 'n', 'i'])(
    'refuses a string without a type hint for column %s',
    async (column) => {
      await expect(
        api.execute(`INSERT INTO kind (${column}) VALUES (:v)`, [text('v', '1')]),
      ).rejects.toMatchObject({
        name: 'DatabaseErrorException',
        message: expect.stringMatching(
          /^ERROR: column ".*" is of type .* but expression is of type text; Hint: .*; Position: \d+; SQLState: 42804$/,
        ),
      });
    },
  );

  it('accepts a string with a type hint or a cast', async () => {
    const written = await api.execute(
      'INSERT INTO kind (u, j, t, d, n, i) VALUES (:u, :j, :t, :d, :n, :i::int) RETURNING u, t, i',
      [
        { ...text('u', UUID), typeHint: 'UUID' },
        { ...text('j', '{"a":1}'), typeHint: 'JSON' },
        { ...text('t', '2026-01-02 03:04:05'), typeHint: 'TIMESTAMP' },
        { ...text('d', '2026-01-02'), typeHint: 'DATE' },
        { ...text('n', '1.5'), typeHint: 'DECIMAL' },
        text('i', '7'),
      ],
    );
    expect(written.records).toEqual([
      [{ stringValue: UUID }, { stringValue: '2026-01-02 03:04:05' }, { longValue: 7 }],
    ]);
  });

  it('accepts null for every column', async () => {
    const nothing: SqlParameter = { name: 'v', value: { isNull: true } };
    const { records } = await api.execute('INSERT INTO kind (u, i) VALUES (:v, :v) RETURNING u, i', [
      nothing,
    ]);
    expect(records).toEqual([[{ isNull: true }, { isNull: true }]]);
  });

  it('returns a blob unchanged', async () => {
    const blob = Uint8Array.from({ length: 256 }, (_, at) => at);
    expect(await api.row('SELECT :b', [{ name: 'b', value: { blobValue: blob } }])).toEqual([
      { blobValue: blob },
    ]);
  });

  it('treats the same SQL with different parameter types as a different statement', async () => {
    const sql = 'SELECT pg_typeof(:v)::text';
    expect(await api.row(sql, [text('v', '1')])).toEqual([{ stringValue: 'text' }]);
    expect(await api.row(sql, [long('v', 1)])).toEqual([{ stringValue: 'bigint' }]);
    expect(await api.row(sql, [text('v', '1')])).toEqual([{ stringValue: 'text' }]);
  });

  it('treats each occurrence of a name as a separate parameter', async () => {
    expect(await api.row('SELECT :a + :b + :a', [long('a', 1), long('b', 10)])).toEqual([{ longValue: 12 }]);
    const grouped = 'SELECT n + :a, count(*) FROM generate_series(1, 2) AS n GROUP BY n + :a';
    await expect(api.execute(grouped, [long('a', 1)])).rejects.toThrow(/SQLState: 42803/);
  });
});

describe('refused parameters', () => {
  it('a parameter without a value', async () => {
    await expect(api.execute('SELECT :a, :b', [long('a', 1)])).rejects.toMatchObject({
      name: 'DatabaseErrorException',
      message:
        'ERROR: bind message supplies 1 parameters, but prepared statement requires 2 (no value for :b); SQLState: 08P01',
    });
  });

  it.each<[string, SqlParameter[], RegExp]>([
    ['a parameter that the statement does not use', [long('a', 1), long('x', 1)], /"x" does not occur/],
    ['a duplicate name', [long('a', 1), long('a', 2)], /"a" is specified twice/],
    [
      'an array',
      [{ name: 'a', value: { arrayValue: { longValues: [1] } } }],
      /Array parameters are not supported/,
    ],
    [
      'an unknown type hint',
      [{ ...text('a', '1'), typeHint: 'INT' as 'UUID' }],
      /type hint INT; it must be one of DATE/,
    ],
    ['an invalid UUID', [{ ...text('a', 'x'), typeHint: 'UUID' }], /"a" is not a UUID/],
    ['invalid JSON', [{ ...text('a', '{'), typeHint: 'JSON' }], /"a" is not a JSON/],
    [
      'a timestamp in ISO 8601',
      [{ ...text('a', '2026-01-02T03:04:05Z'), typeHint: 'TIMESTAMP' }],
      /YYYY-MM-DD HH/,
    ],
    ['a type hint for a number', [{ ...long('a', 1), typeHint: 'DECIMAL' }], /needs a stringValue/],
    ['a parameter without a name', [{ value: { longValue: 1 } }], /no name/],
  ])('%s', async (_, parameters, message) => {
    await expect(api.execute('SELECT :a', parameters)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['no value', { name: 'a', value: {} }, 'has value with no field set'],
    ['two values', { name: 'a', value: { longValue: 1, stringValue: '1' } }, 'more than one field'],
    ['a fraction as a long', { name: 'a', value: { longValue: 1.5 } }, 'of another type'],
  ])('%s', async (_, parameter, message) => {
    const response = await api.post('/Execute', { ...CLUSTER, sql: 'SELECT :a', parameters: [parameter] });
    expect(response.status).toBe(400);
    expect(((await response.json()) as { message: string }).message).toContain(message);
  });
});
