import path from 'node:path';
import { writeGenerated } from '../generated-file.ts';
import { alarmsPage } from './reference-page.ts';

// Part of `npm run documents`: writes docs/reference/alarms.md.

await writeGenerated(path.resolve(import.meta.dirname, '../../docs/reference/alarms.md'), alarmsPage());
