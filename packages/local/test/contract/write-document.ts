import { writeFile } from 'node:fs/promises';
import { differencesDocument, DOCUMENT } from './differences-document.ts';

await writeFile(DOCUMENT, await differencesDocument());
