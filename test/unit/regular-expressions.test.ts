import { afterAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  findExpressions,
  findPatterns,
  type Found,
  type FoundExpression,
} from '../helpers/regular-expressions/find.ts';
import { createExpressionTimer, describeSlowInput } from '../helpers/regular-expressions/timer.ts';
import { PROJECT } from '../helpers/stack.ts';

/** Expressions that may be slow on long inputs, each with the maximum length of its input. */
const BOUNDED: Readonly<Record<string, string>> = {};

/** Expressions that are computed at run time, each with example results. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  'lambdas/api/router.ts `^${pattern}/?$`': ['^/v1/jobs/[^/]+/steps/[^/]+/?$'],
  // Users write this pattern in their own schema, and it is applied only to names in their own payloads.
  'lib/jobs/key-path.ts pattern': [],
  "lib/jobs/job-locations.ts `\\\\b(?:job|functionJob)\\\\s*\\\\(\\\\s*(['\"\\`])${name.replaceAll(/\\W/g, '\\\\$&')}\\\\1`":
    ['\\b(?:job|functionJob)\\s*\\(\\s*([\'"`])resize\\1'],
  'packages/local/src/app/embedded-place.ts `\\\\b${region}(?=[a-z]?\\\\b)`': ['\\beu-west-1(?=[a-z]?\\b)'],
  'packages/local/src/lambda/endpoint-names.ts `${url.replaceAll(/[.+^${}()|[\\]\\\\]/g, String.raw`\\$&`)}(?!\\\\d)`':
    [String.raw`http://127\.0\.0\.1:4566(?!\d)`],
};

const FILES = execFileSync('git', ['ls-files', 'lambdas', 'lib', 'bin', 'packages'], {
  cwd: PROJECT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /^(?:lambdas|lib|bin|packages\/[^/]+\/src)\/.*\.(?:ts|tsx|mjs|js)$/.test(file))
  // This file is generated, and contains only types.
  .filter((file) => file !== 'packages/client/src/api.ts');

const DOCUMENT = 'lambdas/api/documents/openapi.json';

const timer = createExpressionTimer();

afterAll(() => timer.end());

async function slowOf(expressions: readonly FoundExpression[]): Promise<string[]> {
  const slow: string[] = [];
  for (const expression of expressions) {
    const { file, line, source, flags } = expression;
    if (`${file} /${source}/${flags}` in BOUNDED) continue;
    const found = await timer.slowInputOf(expression);
    if (found) slow.push(`${file}:${line} /${source}/${flags} takes ${describeSlowInput(found)}`);
  }
  return slow;
}

const FOUND = new Map<string, Found>(FILES.map((file) => [file, findExpressions(PROJECT, file)]));

describe('no input of 1 MB takes a second', () => {
  const withExpressions = FILES.filter((file) => FOUND.get(file)?.expressions.length !== 0);

  it.each(withExpressions)('in %s', async (file) => {
    expect(await slowOf(FOUND.get(file)?.expressions ?? [])).toEqual([]);
  });

  it('in the patterns of the OpenAPI document', async () => {
    const patterns = findPatterns(PROJECT, DOCUMENT);
    expect(patterns.length).toBeGreaterThan(10);
    expect(await slowOf(patterns)).toEqual([]);
  });

  it('in expressions that are computed', async () => {
    const computed = [...FOUND.values()].flatMap((found) => found.computed);
    expect(computed.map(({ file, code }) => `${file} ${code}`).sort()).toEqual(Object.keys(EXAMPLES).sort());
    const examples = Object.entries(EXAMPLES).flatMap(([place, sources]) =>
      sources.map((source) => ({
        file: place.split(' ', 1)[0] ?? '',
        line: 0,
        source,
        flags: 'g',
        isRepeated: true,
      })),
    );
    expect(await slowOf(examples)).toEqual([]);
  });
});

describe('the timing', () => {
  it.each([
    [String.raw`^(a+)+$`, ''],
    [String.raw`^(?:\w|\d)*!$`, ''],
    [String.raw`\s+$`, ''],
    [String.raw`,\s*\s*;`, 'u'],
    [String.raw`<!--[^]*?-->`, 'g'],
  ])('finds an input on which /%s/%s takes too long', async (source, flags) => {
    const found = await timer.slowInputOf({ source, flags, isRepeated: flags === 'g' });
    expect(found?.milliseconds).toBeGreaterThan(1000);
  });

  it.each([
    [String.raw`^[a-z]+(?:-[a-z]+)*$`, ''],
    [String.raw`(?<!/)/+$`, ''],
    [String.raw`[&<>]`, 'g'],
  ])('finds no such input for /%s/%s', async (source, flags) => {
    expect(await timer.slowInputOf({ source, flags, isRepeated: flags === 'g' })).toBeUndefined();
  });
});

describe('the expressions of a file', () => {
  it('are its literals, its constant strings and its patterns', () => {
    const text = [
      String.raw`const A = /a\/b/gi;`,
      "const PART = 'b+';",
      'const B = new RegExp(`^${PART}$`, "u");',
      "const C = RegExp(['x', 'y'].join('|'));",
      "const schema = { type: 'string', pattern: '^[0-9]+$' };",
      "'a b'.split(/ +/);",
      'const D = (given: string) => new RegExp(`${given}!`);',
    ].join('\n');
    const { expressions, computed } = findExpressions('', 'some.ts', text);
    expect(
      expressions.map(({ line, source, flags, isRepeated }) => [line, source, flags, isRepeated]),
    ).toEqual([
      [1, String.raw`a\/b`, 'gi', true],
      [3, '^b+$', 'u', false],
      [4, 'x|y', '', false],
      [5, '^[0-9]+$', 'u', false],
      [6, ' +', '', true],
    ]);
    expect(computed).toEqual([{ file: 'some.ts', line: 7, code: '`${given}!`' }]);
  });
});

it('every expression in the list of bounded expressions exists', () => {
  const places = [...FOUND.values()].flatMap(({ expressions }) =>
    expressions.map(({ file, source, flags }) => `${file} /${source}/${flags}`),
  );
  expect(Object.keys(BOUNDED).filter((place) => !places.includes(place))).toEqual([]);
});
