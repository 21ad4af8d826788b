import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// `npm start` runs this file. It is JavaScript because, on a fresh clone, the system's Node runs it, and this Node may be too old for
// TypeScript.

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

// npm writes this file after it has installed everything.
if (existsSync(path.join(PROJECT, 'node_modules/.package-lock.json'))) await import('./main.ts');
else {
  process.stderr.write('The packages are not installed: run "npm ci" first.\n');
  process.exitCode = 1;
}
