import path from 'node:path';
import { buildSync, type Metafile } from 'esbuild';

const PROJECT = path.resolve(import.meta.dirname, '../..');

/**
 * Bundles `errand/testing` with all modules and packages that it imports. As a result, `errand/testing` adds no dependencies to the package. tsc
 * writes the type declarations.
 */
export function buildTesting(outputDir: string): Metafile {
  return buildSync({
    absWorkingDir: PROJECT,
    entryPoints: ['lambdas/testing/errand-testing.ts'],
    outdir: outputDir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  }).metafile;
}
