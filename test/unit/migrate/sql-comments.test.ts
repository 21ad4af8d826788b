import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withoutComments } from '../../../lambdas/migrate/sql-comments.ts';

describe('a statement without its comments', () => {
  it.each([
    ["SELECT 1 -- the sweeper's\n+ 1", 'SELECT 1  \n+ 1'],
    ["SELECT/* it's :one */1", 'SELECT 1'],
    ["SELECT '-- it''s no comment' -- one's here", "SELECT '-- it''s no comment'  "],
    ["SELECT E'\\'-- still a string' -- a comment", "SELECT E'\\'-- still a string'  "],
    ['SELECT "a--b" FROM t', 'SELECT "a--b" FROM t'],
    ["DO $$ BEGIN -- it's code\n  NULL; END $$", 'DO $$ BEGIN  \n  NULL; END $$'],
    ['SELECT 5 - -3', 'SELECT 5 - -3'],
  ])('%j becomes %j', (sql, expected) => {
    expect(withoutComments(sql)).toBe(expected);
  });

  it('keeps every string literal and drops every comment', () => {
    const literal = fc.string().map((text) => `'${text.replaceAll("'", "''")}'`);
    const comment = fc.string().map((text) => `-- ${text.replaceAll('\n', '')}`);
    fc.assert(
      fc.property(fc.array(fc.oneof(literal, comment)), (parts) => {
        const expected = parts.map((part) => (part.startsWith("'") ? part : ' '));
        expect(withoutComments(parts.join('\n'))).toBe(expected.join('\n'));
      }),
    );
  });
});
