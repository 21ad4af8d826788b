import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// `npm start` runs this file. The file is JavaScript, because on a fresh clone it is run by the system's Node, which may be too old to run
// TypeScript.

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

// npm writes .package-lock.json last, after it has installed everything.
if (existsSync(path.join(PROJECT, 'node_modules/.package-lock.json'))) await import('./main.ts');
else {
  process.stderr.write('The packages are not installed: run "npm ci" first.\n');
  process.exitCode = 1;
}
