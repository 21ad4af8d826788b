import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildFunctions } from './functions.ts';

// lib/built-functions.ts runs `node tools/build/functions-of-checkout.ts <folder>` when sources have changed. This program writes each
// Lambda function to `functions/<name>`, and the function's esbuild metadata to `accounts/<name>.json`.

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Pass the folder to write to.');

const { accounts } = await buildFunctions(path.join(folder, 'functions'));
mkdirSync(path.join(folder, 'accounts'));
for (const [name, account] of Object.entries(accounts))
  writeFileSync(path.join(folder, 'accounts', `${name}.json`), JSON.stringify(account));
