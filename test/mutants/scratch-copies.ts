import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { linkModules } from '../../tools/checkout/dependencies.ts';
import { unpackCommit } from '../../tools/checkout/unpack-commit.ts';
import { mutated, type PlacedMutant } from './mutant.ts';

/** Copies of the project's last commit, in a temporary folder. */
export interface ScratchCopies {
  /** The temporary folder, with one subfolder per copy. */
  readonly folder: string;
  readonly copies: readonly string[];
  /** The commit that was copied. */
  readonly commit: string;
  remove(): void;
}

/**
 * Copies the tracked files of the last commit, without changing the working tree or the repository. A copy's node_modules contains links:
 * dependencies link to the project's node_modules, and this repository's own packages link to the copy's packages.
 */
export async function makeScratchCopies(root: string, count: number): Promise<ScratchCopies> {
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'errand-mutants-'));
  const copies = Array.from({ length: count }, (_, index) => path.join(folder, `copy-${index + 1}`));
  for (const copy of copies) {
    await unpackCommit(root, commit, copy);
    await linkModules(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  }
  return {
    folder,
    copies,
    commit,
    remove() {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Whether tracked files other than the report differ from the last commit. Scratch copies would not contain these uncommitted changes. */
export function hasChanges(root: string): boolean {
  const exceptReport = ['--', '.', ':!docs/mutants', ':!docs/mutants.md'];
  return spawnSync('git', ['diff', '--quiet', 'HEAD', ...exceptReport], { cwd: root }).status !== 0;
}

/** Applies a mutant to a copy, runs `use`, and then restores the file. */
export async function withMutant<Result>(
  copy: string,
  mutant: PlacedMutant,
  use: () => Promise<Result>,
): Promise<Result> {
  const file = path.join(copy, mutant.file);
  const content = readFileSync(file, 'utf8');
  writeFileSync(file, mutated(content, mutant));
  try {
    return await use();
  } finally {
    writeFileSync(file, content);
  }
}
