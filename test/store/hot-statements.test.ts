import { expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import type { Statement } from '../../lambdas/adapters/aurora/data-api.ts';
import { BULK_ACTIONS } from '../../lambdas/job/bulk/bulk-change.ts';
import { sentBy } from './explain.ts';
import type { SomeRows } from './hot-statement.ts';
import { hotStatements, NOT_BOUNDED } from './hot-statements.ts';

const SQL_FOLDER = path.resolve(import.meta.dirname, '../../lambdas/adapters/aurora/sql');

/** Placeholder ids. This test only lists the statements and never runs them, so the rows need not exist. */
const ROWS: SomeRows = {
  ended: Array.from({ length: 100 }, () => uuidv7()),
  running: Array.from({ length: 10 }, () => uuidv7()),
  failed: uuidv7(),
  waiting: uuidv7(),
  message: uuidv7(),
};

/**
 * Returns the names of all statements that the SQL folder's files export, including all statements that exported functions can return.
 */
async function namedStatements(): Promise<string[]> {
  const names: string[] = [];
  for (const file of readdirSync(SQL_FOLDER)) {
    const exported = (await import(path.join(SQL_FOLDER, file))) as Record<string, unknown>;
    for (const [key, value] of Object.entries(exported)) {
      if (typeof value === 'function') names.push(...namesMadeBy(key));
      else if (isStatement(value)) names.push(value.name);
    }
  }
  return names;
}

function isStatement(value: unknown): value is Statement {
  return typeof value === 'object' && value !== null && 'sql' in value;
}

/** @throws Error if the function is not listed here */
function namesMadeBy(key: string): string[] {
  switch (key) {
    case 'listJobs':
      return ['list-jobs'];
    case 'listMessages':
      return subsets(['status', 'before']).map((filters) => ['list-messages', ...filters].join('-'));
    case 'readParts':
      return ['read-parts-of-payload', 'read-parts-of-result'];
    case 'changeJobs':
      return BULK_ACTIONS.map((action) => `bulk-${action}`);
    case 'countBulk':
      return ['count-bulk'];
    // These exports are parts of statements.
    case 'auditEntry':
    case 'directionOf':
    case 'entryParameters':
    case 'examinedJobs':
    case 'familyFields':
    case 'jobConditions':
    case 'lengthOf':
    case 'resubmittedColumns':
    case 'wakeParked':
    case 'searchParameters':
    case 'wantedIds':
      return [];
    default:
      throw new Error(`Say which statements ${key}() makes.`);
  }
}

function subsets<Item>(items: readonly Item[]): Item[][] {
  return items.reduce<Item[][]>(
    (found, item) => [...found, ...found.map((subset) => [...subset, item])],
    [[]],
  );
}

it('plans.test.ts explains every statement, except those listed as unbounded', async () => {
  const sent = await Promise.all(hotStatements(ROWS).map(({ call, answers }) => sentBy(call, answers)));
  const covered = sent.flat().map(({ statement }) => statement.name);
  const missing = (await namedStatements()).filter((name) => ![...covered, ...NOT_BOUNDED].includes(name));
  expect(missing).toEqual([]);
});
