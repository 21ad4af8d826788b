import path from 'node:path';
import { buildSync, type Metafile } from 'esbuild';

const PROJECT = path.resolve(import.meta.dirname, '../..');

/**
 * Bundles the command line with everything that it imports, so that it has no dependencies. The SDK, which only `errand key` needs, is in
 * separate files that are loaded by that command.
 */
export function buildCommandLine(outputDir: string): Metafile {
  return buildSync({
    absWorkingDir: PROJECT,
    entryPoints: { main: 'bin/command-line/main.ts' },
    outdir: outputDir,
    // All in one folder, because bin/command-line/program.ts finds package.json by its relative path.
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['errand-source'],
    // Compiled next to the bundle, because these modules find files of the package by path (package.json, "imports").
    external: ['#jobs-digest', '#live-jobs'],
    mainFields: ['module', 'main'],
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  }).metafile;
}
