import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { eventsPage } from './reference-page.ts';

// Part of `npm run documents`: writes docs/reference/events.md.

const root = path.resolve(import.meta.dirname, '../..');
const filepath = path.join(root, 'docs/reference/events.md');
writeFileSync(filepath, await format(eventsPage(root), { ...(await resolveConfig(filepath)), filepath }));
