import { randomUUID } from 'node:crypto';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib/core';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { FunctionName } from '../lambdas/environment.ts';
import { builtFunction } from './built-functions.ts';
import { packageRoot } from './package-root.ts';

/**
 * Returns a function's code: the built bundle from the package (lib/built-functions.ts), plus additions for this deployment.
 *
 * @param files files or folders to copy next to `index.mjs` under their own names, as paths relative to the package's root
 * @param addFiles writes further files into the same folder
 */
export function bundle(
  source: FunctionName,
  files: readonly string[] = [],
  addFiles?: (outputDir: string) => void,
): Code {
  const folder = builtFunction(source);
  if (files.length === 0 && !addFiles) return Code.fromAsset(folder);
  return Code.fromAsset(folder, {
    // Hash the content, so that unchanged files are not deployed again.
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Nothing runs in Docker (docs/decisions/0006-infrastructure.md).
      image: DockerImage.fromRegistry('never-pulled'),
      // This command never runs, but must be unique: the CDK can't compare functions such as `addFiles`, so the CDK would reuse another bundle's
      // asset if all other options were equal.
      command: [randomUUID()],
      local: {
        tryBundle(outputDir) {
          cpSync(folder, outputDir, { recursive: true });
          for (const file of files) {
            cpSync(path.join(packageRoot, file), path.join(outputDir, path.basename(file)), {
              recursive: true,
            });
          }
          addFiles?.(outputDir);
          return true;
        },
      },
    },
  });
}
