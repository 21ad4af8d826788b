import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildFunctions } from './functions.ts';

// `node tools/build/functions-of-checkout.ts <folder>`: lib/built-functions.ts runs it when sources have changed. It writes
// `functions/<name>` of each Lambda function, and esbuild's account of it, `accounts/<name>.json`.

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder to write to.');

const { accounts } = await buildFunctions(path.join(folder, 'functions'));
mkdirSync(path.join(folder, 'accounts'));
for (const [name, account] of Object.entries(accounts))
  writeFileSync(path.join(folder, 'accounts', `${name}.json`), JSON.stringify(account));
