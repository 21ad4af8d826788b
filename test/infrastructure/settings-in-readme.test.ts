import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { kinds } from '../../lib/setting-kinds.ts';
import { readSettings, SettingsError } from '../../lib/settings.ts';

const README = readFileSync(path.resolve(import.meta.dirname, '../../README.md'), 'utf8');

/** The settings that README's table has rows for: those that its first column names. */
function settingsOfReadme(): string[] {
  const [, table = ''] = /^\| setting .*\n\|[ -|]*\n((?:\|.*\n)*)/m.exec(README) ?? [];
  return table
    .trimEnd()
    .split('\n')
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
}

/** Every setting as the environment names it. */
const SETTINGS = [...Object.keys(kinds), 'stackName'].map((name) =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(),
);

describe('README’s table of settings', () => {
  it('has a row for each setting, and none for what is no setting', () => {
    expect(settingsOfReadme().sort()).toEqual(SETTINGS.sort());
  });

  it.each(SETTINGS)('names %s as the environment does', (name) => {
    // No setting takes this: one that is not read would let it pass.
    const refused = () => readSettings({ [name]: '\0' });
    expect(refused).toThrow(SettingsError);
    expect(refused).toThrow(new RegExp(`^${name} `));
  });
});
