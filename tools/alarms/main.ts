import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { alarmsPage } from './reference-page.ts';

// Part of `npm run documents`: writes docs/reference/alarms.md.

const filepath = path.resolve(import.meta.dirname, '../../docs/reference/alarms.md');
writeFileSync(filepath, await format(alarmsPage(), { ...(await resolveConfig(filepath)), filepath }));
