import path from 'node:path';
import { writeGenerated } from '../generated-file.ts';
import { propsSource } from './props-source.ts';
import { referencePage } from './reference-page.ts';

// Part of `npm run documents`: writes the files that are derived from the settings table.

const root = path.resolve(import.meta.dirname, '../..');

await writeGenerated(path.join(root, 'lib/settings/props.ts'), propsSource());
await writeGenerated(path.join(root, 'docs/reference/settings.md'), referencePage());
