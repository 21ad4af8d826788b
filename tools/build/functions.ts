import path from 'node:path';
import { environments } from '../../lambdas/environment.ts';
import { addApiDocuments } from './api-documents.ts';
import { buildConsole } from './console.ts';
import { writeBundle, type BundleAccount } from './write-bundle.ts';

export interface BuiltFunctions {
  readonly accounts: Readonly<Record<string, BundleAccount>>;
  /** The files that went into the console, relative to the project's root. */
  readonly consoleInputs: readonly string[];
}

/**
 * Writes each Lambda function's code into a folder with the function's name.
 *
 * @returns esbuild's metadata for each function, and the files that went into the console
 */
export async function buildFunctions(outputDir: string): Promise<BuiltFunctions> {
  const accounts = Object.keys(environments).map((name) => [
    name,
    writeBundle(name, path.resolve(outputDir, name)),
  ]);
  addApiDocuments(path.join(outputDir, 'api'));
  const consoleInputs = await buildConsole(path.join(outputDir, 'api'));
  return { accounts: Object.fromEntries(accounts) as Record<string, BundleAccount>, consoleInputs };
}
