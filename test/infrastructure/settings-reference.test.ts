import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { variableOf } from '../../lambdas/environment.ts';
import { readSettings, SettingsError } from '../../lib/settings/read-settings.ts';
import { appSettings, settingTable } from '../../lib/settings/table.ts';
import { formatted } from '../../tools/generated-file.ts';
import { propsSource } from '../../tools/settings/props-source.ts';
import { referencePage } from '../../tools/settings/reference-page.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PAGE = 'docs/reference/settings.md';
const PROPS = 'lib/settings/props.ts';

/** The environment variables of all settings. */
const SETTINGS = Object.keys({ ...settingTable, ...appSettings }).map(variableOf);

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

describe('the settings’ reference page', () => {
  it('matches the table: run `npm run documents` after a change', async () => {
    expect(read(PAGE)).toBe(await formatted(path.join(ROOT, PAGE), referencePage()));
  });

  it('has exactly one heading for each setting', () => {
    const headings = [...read(PAGE).matchAll(/^### `(\w+)`$/gm)].map(([, name]) => name);
    expect(headings.sort()).toEqual(SETTINGS.sort());
  });

  it.each(SETTINGS)('names %s like the environment', (name) => {
    // No setting accepts this value.
    const refused = () => readSettings({ [name]: '\0' });
    expect(refused).toThrow(SettingsError);
    expect(refused).toThrow(new RegExp(`^${name} `));
  });
});

describe('the props of the construct', () => {
  it('match the table: run `npm run documents` after a change', async () => {
    expect(read(PROPS)).toBe(await formatted(path.join(ROOT, PROPS), propsSource()));
  });
});

describe('the README’s table of props', () => {
  it('contains several props, all of which exist', () => {
    const [, table = ''] = /^\| prop .*\n\|[ -|]*\n((?:\|.*\n)*)/m.exec(read('README.md')) ?? [];
    const named = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !SETTINGS.includes(variableOf(name)))).toEqual([]);
  });
});
