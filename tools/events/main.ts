import path from 'node:path';
import { writeGenerated } from '../generated-file.ts';
import { eventsPage } from './reference-page.ts';

// Part of `npm run documents`: writes docs/reference/events.md.

const root = path.resolve(import.meta.dirname, '../..');
await writeGenerated(path.join(root, 'docs/reference/events.md'), eventsPage(root));
