import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';

// Implements `npm run build` of errand-local. The output is a single module that imports its dependencies, plus the files that Lambda processes load
// by path.

const SOURCE = path.join(import.meta.dirname, 'src');
const DIST = path.join(import.meta.dirname, 'dist');

buildSync({
  entryPoints: [path.join(SOURCE, 'embedded-cloud.ts')],
  outdir: DIST,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node24',
  logLevel: 'warning',
});
const SANDBOX_FILES = [
  'bootstrap.mjs',
  'bootstrap.py',
  'debugger-clock.mjs',
  'module-resolution.mjs',
  'runtime-connection.mjs',
];
for (const file of SANDBOX_FILES) copyFileSync(path.join(SOURCE, 'lambda', file), path.join(DIST, file));
