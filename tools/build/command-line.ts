import path from 'node:path';
import { buildSync, type Metafile } from 'esbuild';

const PROJECT = path.resolve(import.meta.dirname, '../..');

/**
 * Bundles the command line with everything that it imports, so that the bundle has no dependencies. The AWS SDK is in separate files, because only
 * a few commands need it. Those commands load the SDK's files on demand.
 */
export function buildCommandLine(outputDir: string): Metafile {
  return buildSync({
    absWorkingDir: PROJECT,
    entryPoints: { main: 'bin/command-line/main.ts' },
    outdir: outputDir,
    // All files are in one folder, because bin/command-line/program.ts finds package.json through a relative path.
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['errand-source'],
    // These modules find the package's files by relative paths, so they are compiled separately instead of being bundled (package.json, "imports").
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
