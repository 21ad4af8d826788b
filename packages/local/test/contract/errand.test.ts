import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { judge, strayDifferences } from './contract.ts';
import { differences } from './differences.ts';
import { differencesDocument, DOCUMENT } from './differences-document.ts';
import { suites } from './suites/suites.ts';
import { startErrand } from './targets/errand.ts';
import type { Target } from './targets/target.ts';

let errand: Target;

beforeAll(async () => {
  errand = await startErrand();
});

afterAll(() => errand.end());

describe.each(suites)('the embedded $protocol', (suite) => {
  it.each(suite.cases)('behaves like AWS: $name', async (contract) => {
    expect(await judge(suite, contract, errand.world, differences)).toBeUndefined();
  });
});

describe('the list of known differences', () => {
  it('names only existing cases that differ', () => {
    expect(strayDifferences(differences, suites)).toEqual([]);
  });

  it('matches docs/contract-differences.md', async () => {
    const document = await readFile(DOCUMENT, 'utf8');
    expect(document).toBe(await differencesDocument());
  });
});
