import { cpSync, existsSync } from 'node:fs';
import path from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

const outerFolder = path.resolve(import.meta.dirname, '..');

/**
 * Lambda sources and migrations are named from here, so that an app which installed this package finds them too. `lib`
 * runs as it is from the root of the package, or compiled from its `dist/lib`.
 */
export const packageRoot = existsSync(path.join(outerFolder, 'lambdas'))
  ? outerFolder
  : path.resolve(outerFolder, '..');

/**
 * Bundles `lambdas/<source>/handler.ts` with everything it imports, the SDK included, into `index.mjs` and, for what is
 * imported only when it is needed, `chunks/`.
 * Always on this machine, with the esbuild of this package: never in Docker (docs/decisions/0006-infrastructure.md).
 *
 * @param source a folder below `lambdas/`
 * @param files files or folders, named from the root of the package, that lie beside `index.mjs` under their own name
 * @param addFiles writes what else lies there, the same at every call
 */
export function bundle(
  source: string,
  files: readonly string[] = [],
  addFiles?: (outputDir: string) => void,
): Code {
  const folder = path.join(packageRoot, 'lambdas', source);
  const build = (outputDir: string): void => {
    buildSync({
      absWorkingDir: packageRoot,
      entryPoints: { index: path.join(folder, 'handler.ts') },
      outdir: outputDir,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      // What is imported dynamically is read and compiled when it is called for: a tenth off a start from cold.
      splitting: true,
      chunkNames: 'chunks/[name]-[hash]',
      minify: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      // CommonJS packages, of which there is one, ask for Node's modules with it.
      banner: {
        js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
      },
      // ES modules where a package has them: they shake to four fifths of the size and need no `require`.
      mainFields: ['module', 'main'],
      logLevel: 'warning',
    });
    for (const file of files) {
      cpSync(path.join(packageRoot, file), path.join(outputDir, path.basename(file)), { recursive: true });
    }
    addFiles?.(outputDir);
  };
  return Code.fromAsset(folder, {
    // By content: a change that leaves the bundle as it is deploys nothing.
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('never-pulled'),
      local: {
        tryBundle(outputDir) {
          build(outputDir);
          return true;
        },
      },
    },
  });
}
