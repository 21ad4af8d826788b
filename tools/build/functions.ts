import path from 'node:path';
import { environments } from '../../lambdas/environment.ts';
import { addApiDocuments } from './api-documents.ts';
import { writeBundle, type BundleAccount } from './write-bundle.ts';

/**
 * Writes the code of each Lambda function into a folder of its name.
 *
 * @returns esbuild's account of each
 */
export function buildFunctions(outputDir: string): Record<string, BundleAccount> {
  const accounts = Object.keys(environments).map((name) => [
    name,
    writeBundle(name, path.resolve(outputDir, name)),
  ]);
  addApiDocuments(path.join(outputDir, 'api'));
  return Object.fromEntries(accounts) as Record<string, BundleAccount>;
}
