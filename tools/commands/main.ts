import path from 'node:path';
import { writeGenerated } from '../generated-file.ts';
import { commandsPage } from './reference-page.ts';

// Part of `npm run documents`: writes docs/reference/commands.md.

await writeGenerated(path.resolve(import.meta.dirname, '../../docs/reference/commands.md'), commandsPage());
