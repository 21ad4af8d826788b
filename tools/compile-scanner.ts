import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import wabt from 'wabt';

// `npm run build:scanner`: compiles scanner.wat to the module that analyze runs. A test tells when it was forgotten.

const FOLDER = path.resolve(import.meta.dirname, '../lambdas/handlers/analyze');

/** The source of scanner-module.ts, as scanner.wat says it must be. */
export async function scannerModule(): Promise<string> {
  const toolkit = await wabt();
  const source = toolkit.parseWat('scanner.wat', await readFile(path.join(FOLDER, 'scanner.wat')), {
    simd: true,
  });
  const binary = Buffer.from(source.toBinary({}).buffer).toString('base64');
  const lines = binary.match(/.{1,100}/g) ?? [];
  return [
    '/** The WebAssembly module of scanner.wat, in base64. Written by `npm run build:scanner`. */',
    'export const SCANNER_MODULE =',
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
}

export const SCANNER_MODULE_PATH = path.join(FOLDER, 'scanner-module.ts');

if (import.meta.main) await writeFile(SCANNER_MODULE_PATH, await scannerModule());
