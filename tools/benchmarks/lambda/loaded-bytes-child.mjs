/**
 * Measures how many bytes of JavaScript a function reads at startup. The argument is `<bundle entry>`. Writes the number to file descriptor
 * 3.
 */
import { statSync, writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const files = new Set();
registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith('file:')) files.add(fileURLToPath(url));
    return nextLoad(url, context);
  },
});
await import(process.argv[2]);
writeSync(3, String([...files].reduce((bytes, file) => bytes + statSync(file).size, 0)));
process.exit(0);
