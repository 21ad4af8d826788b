import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from '../../helpers/stack.ts';

/** A row of the page's tables: an assumption, a link to its source, and a test's file and name. */
const ROW =
  /^\| (?<assumption>[^|]+?) +\| \[[^\]]+\]\((?<source>[^)]+)\) +\| `(?<file>[^`]+)`: "(?<name>.+)" +\|$/;

const page = readFileSync(path.join(PROJECT, 'docs/explanation/aws.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (assumption|-+) /.test(line));

describe('the page of assumptions about AWS', () => {
  it.each(rows)('names a source and an existing test: %s', (row) => {
    const { source = '', file = '', name = '' } = ROW.exec(row)?.groups ?? {};
    expect(source).toMatch(/^https:\/\//);
    const test = path.join(PROJECT, file);
    expect([file, existsSync(test)]).toEqual([file, true]);
    // Prettier chooses the quotes depending on the name's characters, so any kind of quotes is accepted.
    const names = [`'${name}'`, `"${name}"`, `\`${name}\``];
    const code = readFileSync(test, 'utf8');
    expect([name, names.some((each) => code.includes(each))]).toEqual([name, true]);
  });
});
