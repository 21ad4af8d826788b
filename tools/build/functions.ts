import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { environments } from '../../lambdas/environment.ts';
import { addApiDocuments } from './api-documents.ts';
import { writeBundle } from './write-bundle.ts';

// `node tools/build/functions.ts <folder>` writes the folder `functions/<name>` of each Lambda function below the given one, and
// `accounts/<name>.json`, esbuild's account of what went into it. lib/built-functions.ts runs it when sources have changed, and
// `npm run build` for the package.

const [folder] = process.argv.slice(2);
if (folder === undefined)
  throw new Error('Name the folder to write to: node tools/build/functions.ts <folder>');

mkdirSync(path.join(folder, 'accounts'), { recursive: true });
for (const name of Object.keys(environments)) {
  const outputDir = path.resolve(folder, 'functions', name);
  const account = writeBundle(name, outputDir);
  writeFileSync(path.join(folder, 'accounts', `${name}.json`), JSON.stringify(account));
  if (name === 'api') addApiDocuments(outputDir);
}
