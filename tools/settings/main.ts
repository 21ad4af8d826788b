import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { propsSource } from './props-source.ts';
import { referencePage } from './reference-page.ts';

// Part of `npm run documents`: writes the files that derive from the table of settings.

const root = path.resolve(import.meta.dirname, '../..');

await write('lib/settings/props.ts', propsSource());
await write('docs/reference/settings.md', referencePage());

async function write(file: string, content: string): Promise<void> {
  const filepath = path.join(root, file);
  writeFileSync(filepath, await format(content, { ...(await resolveConfig(filepath)), filepath }));
}
