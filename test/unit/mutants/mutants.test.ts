import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PROJECT } from '../../helpers/stack.ts';
import { MUTANTS } from '../../mutants/all-mutants.ts';
import { judgmentOf } from '../../mutants/judge.ts';
import { inapplicable, mutated, type PlacedMutant } from '../../mutants/mutant.ts';
import { mutantsPage, PAGE_FILE } from '../../mutants/report-page.ts';
import { readDomainResults, readResults } from '../../mutants/report.ts';
import { formatted } from '../../../tools/generated-file.ts';

const MUTANT: PlacedMutant = {
  name: 'a write without its guard',
  file: 'write.ts',
  text: ' AND attempt = :attempt',
  instead: '',
  tests: ['write.test.ts'],
};

describe('the list of mutants', () => {
  it('contains only texts that occur exactly once in their files', () => {
    expect(inapplicable(MUTANTS, PROJECT)).toEqual([]);
  });

  it('names each mutant once', () => {
    const names = MUTANTS.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.length).toBeGreaterThan(60);
  });

  it('names test files that exist', () => {
    const files = [...new Set(MUTANTS.flatMap(({ tests }) => tests))];
    expect(files.filter((file) => !existsSync(path.join(PROJECT, file)))).toEqual([]);
  });
});

describe('a mutant', () => {
  it('replaces its text, whatever characters the replacement has', () => {
    expect(mutated('a AND attempt = :attempt b', { ...MUTANT, instead: " $& $' " })).toBe("a $& $'  b");
  });

  it.each([
    ['is not there', 'WHERE true', '0 times'],
    ['is there twice', 'x AND attempt = :attempt y AND attempt = :attempt', '2 times'],
  ])('can’t be applied if its text %s', (_what, content, message) => {
    expect(() => mutated(content, MUTANT)).toThrow(message);
  });
});

describe('a run of the tests', () => {
  const failed = (message: string) =>
    judgmentOf({ outcome: 'failed', seconds: 1, test: 'a.test.ts: fails', message });

  it('kills a mutant if a test fails, or does not end', () => {
    expect(failed('expected 1, received 2')).toMatchObject({ outcome: 'killed', by: 'a.test.ts: fails' });
    expect(judgmentOf({ outcome: 'timeout', seconds: 1 })).toMatchObject({ outcome: 'killed' });
    expect(judgmentOf({ outcome: 'passed', seconds: 1 })).toMatchObject({ outcome: 'survived' });
  });

  it.each(['syntax error at or near "AND"', 'column "x" does not exist', 'ReferenceError: x is not defined'])(
    'proves nothing if the mutant is not a valid program: %s',
    (message) => {
      expect(failed(message)).toMatchObject({ outcome: 'invalid' });
    },
  );
});

it('the page about the mutants has the results of the last run: run `npm run mutants -- --report` after a change of the list', async () => {
  const file = path.join(PROJECT, PAGE_FILE);
  const page = await formatted(file, mutantsPage(MUTANTS, readResults(PROJECT), readDomainResults(PROJECT)));
  expect(readFileSync(file, 'utf8')).toBe(page);
});
