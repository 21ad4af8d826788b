import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { scanNamedParameters } from '../../src/rds-data/named-parameters.ts';

const name = fc.stringMatching(/^[A-Za-z0-9_]{1,8}$/);

/** Generates text that can occur inside quotes, especially names after a colon. */
const inside = fc
  .array(fc.oneof(name, fc.constantFrom(':', '::', ' ', '\n', '-', '*', '/', '=', '$1', ';', 'é')), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''));

const literal = inside.map((body) => `'${body.replaceAll("'", "''")}'`);
const escapeString = inside.map((body) => `E'${body}\\'${body}'`);
const identifier = inside.map((body) => `"${body}"`);
const lineComment = inside.map((body) => `--${body.replaceAll('\n', ' ')}\n`);
const blockComment = inside.map((body) => {
  const safe = body.replace(/[*/]/g, ' ');
  return `/*${safe}/* :nested */${safe}*/`;
});
const dollarQuoted = fc
  .tuple(fc.constantFrom('$$', '$body$', '$é$'), fc.stringMatching(/^[a-z0-9 '"\n-]*$/))
  .map(([tag, body]) => `${tag}${body}${tag}`);
const plain = fc.constantFrom(
  'SELECT 1',
  'a::text',
  'x := 3',
  "b ->> 'k'",
  '(',
  ')',
  ', ',
  'a[1 : 2]',
  '$foo',
  'e',
);

const opaque = fc.oneof(literal, escapeString, identifier, lineComment, blockComment, dollarQuoted, plain);
const piece = fc.oneof(
  opaque.map((sql) => ({ sql, parameter: undefined })),
  name.map((parameter) => ({ sql: `:${parameter}`, parameter })),
);
const statement = fc.array(piece, { maxLength: 12 });

describe('the scanner for named parameters', () => {
  it('finds all parameters outside quotes and comments, and changes nothing else', () => {
    fc.assert(
      fc.property(statement, (pieces) => {
        const { text, names } = scanNamedParameters(pieces.map(({ sql }) => sql).join(' '));

        let place = 0;
        const expected = pieces.map(({ sql, parameter }) => (parameter === undefined ? sql : `$${++place}`));
        expect(text).toBe(expected.join(' '));
        expect(names).toEqual(pieces.flatMap(({ parameter }) => parameter ?? []));
      }),
      { numRuns: 1000 },
    );
  });

  it('terminates for every string', () => {
    const fragment = fc.constantFrom(
      "'",
      '"',
      '$',
      '$$',
      '$a$',
      '/*',
      '*/',
      '--',
      '\n',
      ':',
      'a',
      '\\',
      'E',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.array(fragment).map((parts) => parts.join('')),
        (sql) => {
          let scanned;
          try {
            scanned = scanNamedParameters(sql);
          } catch (error) {
            expect(error).toMatchObject({ type: 'ValidationException' });
            return;
          }
          expect(scanned.text.replace(/\$\d+/g, '').length).toBeLessThanOrEqual(sql.length);
        },
      ),
    );
  });

  it.each([
    ['a cast', 'SELECT :a::uuid', 'SELECT $1::uuid', ['a']],
    ['a name that is used twice', ':a + :b + :a', '$1 + $2 + $3', ['a', 'b', 'a']],
    ['a slice written without spaces, as the Data API does', 'x[1:2]', 'x[1$1]', ['2']],
    ['an identifier with a dollar sign', 'SELECT a$b$c, :d, e$b$f', 'SELECT a$b$c, $1, e$b$f', ['d']],
    ['an unterminated literal', "SELECT ':a", "SELECT ':a", []],
    ['a doubled quote', "SELECT 'it''s :a', :b", "SELECT 'it''s :a', $1", ['b']],
    ['a backslash in an ordinary literal', String.raw`SELECT '\', :a`, String.raw`SELECT '\', $1`, ['a']],
    [
      'a backslash in an escape string',
      String.raw`SELECT E'\' :a', :b`,
      String.raw`SELECT E'\' :a', $1`,
      ['b'],
    ],
    ['a nested comment', '/* /* :a */ :b */ :c', '/* /* :a */ :b */ $1', ['c']],
  ])('reads %s', (_, sql, text, names) => {
    expect(scanNamedParameters(sql)).toEqual({ text, names });
  });

  it('refuses a parameter in a dollar-quoted literal, which the Data API would corrupt', () => {
    expect(() => scanNamedParameters('SELECT $f$ x := :secret; $f$')).toThrow(
      /:secret is in a dollar-quoted/,
    );
  });
});
