import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { commandsPage } from './reference-page.ts';

// Part of `npm run documents`: writes docs/reference/commands.md.

const filepath = path.resolve(import.meta.dirname, '../../docs/reference/commands.md');
writeFileSync(filepath, await format(commandsPage(), { ...(await resolveConfig(filepath)), filepath }));
