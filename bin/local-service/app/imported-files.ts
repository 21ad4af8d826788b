import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Source code of a module that records the URL of every file that a Node.js process loads from outside `node_modules`. The module writes
 * the URLs when the process ends. The module records nothing in versions of Node.js without `registerHooks`: those before 22.15, and 23.0 to 23.4
 * (https://nodejs.org/api/module.html#moduleregisterhooksoptions).
 */
const RECORDER = (file: string): string => `
import module from 'node:module';
import { appendFileSync } from 'node:fs';
const urls = new Set();
module.registerHooks?.({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    if (resolved.url.startsWith('file:') && !resolved.url.includes('/node_modules/')) urls.add(resolved.url);
    return resolved;
  },
});
process.once('exit', () => {
  try {
    appendFileSync(${JSON.stringify(file)}, [...urls].map((url) => url + '\\n').join(''));
  } catch {
    // An error of the recorder must not fail the app.
  }
});
`;

/** Returns a Node.js option that makes a process and its children record the files that they import. */
export function importRecorder(file: string): string {
  return `--import=data:text/javascript,${encodeURIComponent(RECORDER(file))}`;
}

/** Returns the absolute paths of a project's recorded files. The set is empty for an app that does not run in Node.js. */
export async function readImportedFiles(file: string, project: string): Promise<ReadonlySet<string>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const files = text
    .split('\n')
    .filter((line) => line !== '')
    .map((url) => fileURLToPath(url));
  return new Set(files.filter((each) => each.startsWith(`${project}${path.sep}`)));
}
