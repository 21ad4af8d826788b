import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { synthesizeBundles, type Bundle, type BundleName } from './lambda/bundles.ts';

/** A version of Errand in a folder: the working tree, or a checked-out commit. */
export interface Project extends AsyncDisposable {
  /** The version's name in messages and tables. */
  readonly name: string;
  readonly folder: string;
  /**
   * The functions' bundles. The first call synthesizes them with the version's own CDK app.
   *
   * @throws Error if the stack cannot be synthesized
   */
  bundles(): Promise<Readonly<Record<BundleName, Bundle>>>;
}

/** The working tree's folder. */
export const WORKING_TREE = path.resolve(import.meta.dirname, '../..');

/** @param folder the version's folder, with `package.json`, `bin/` and installed dependencies */
export function openProject(name: string, folder: string, signal: AbortSignal): Project {
  const ended = new AsyncDisposableStack();
  let synthesized: ReturnType<Project['bundles']> | undefined;
  const synthesizeOnce = async (): ReturnType<Project['bundles']> => {
    const assembly = await mkdtemp(path.join(os.tmpdir(), 'errand-bench-assembly-'));
    ended.defer(() => rm(assembly, { recursive: true, force: true }));
    return synthesizeBundles(folder, path.join(assembly, 'cdk.out'), signal);
  };
  return {
    name,
    folder,
    bundles: () => (synthesized ??= synthesizeOnce()),
    [Symbol.asyncDispose]: () => ended.disposeAsync(),
  };
}
