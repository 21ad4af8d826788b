import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { commandsPage } from '../../../tools/commands/reference-page.ts';
import { PROJECT } from '../../helpers/stack.ts';
import { formatted } from '../../../tools/generated-file.ts';

const PAGE = path.join(PROJECT, 'docs/reference/commands.md');

describe('the command reference', () => {
  it('matches the command line: run `npm run documents` after a change', async () => {
    const page = await formatted(PAGE, commandsPage());
    expect(readFileSync(PAGE, 'utf8')).toBe(page);
  });

  it('has a section for each command, and the options of all', () => {
    const page = readFileSync(PAGE, 'utf8');
    const commands = [...page.matchAll(/^## `errand ([a-z -]+)/gm)].map(([, name = '']) => name.trim());
    expect(commands).toEqual(expect.arrayContaining(['init', 'submit', 'key create', 'schedule put', 'top']));
    expect(new Set(commands).size).toBe(commands.length);
    expect(page).toContain('| `--url <url>`');
    expect(page.slice(page.indexOf('## `errand key create`'))).toMatch(/^[^]*?\| `--table <name>`/);
  });

  it('keeps a pipe within its cell', () => {
    const page = readFileSync(PAGE, 'utf8');
    expect(page).toContain('`--order <asc\\|desc>`');
    const cells = [...page.matchAll(/^\| .*$/gm)].map(([row]) => row.split(/(?<!\\)\|/).length);
    expect(new Set(cells)).toEqual(new Set([4]));
  });
});
