import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { mutated, type PlacedMutant } from './mutant.ts';

/** Copies of the project's last commit, in a temporary folder. */
export interface ScratchCopies {
  /** The temporary folder. It contains one folder for each copy. */
  readonly folder: string;
  readonly copies: readonly string[];
  /** The commit that was copied. */
  readonly commit: string;
  remove(): void;
}

/**
 * Copies the tracked files of the last commit, without changing the working tree or the repository. In the copy's node_modules, the project's
 * dependencies are links to the project's node_modules, and this repository's packages are links to the copy's packages.
 */
export function makeScratchCopies(root: string, count: number): ScratchCopies {
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'errand-mutants-'));
  const archive = path.join(folder, 'commit.tar');
  execFileSync('git', ['archive', '--output', archive, commit], { cwd: root });
  const copies = Array.from({ length: count }, (_, index) => path.join(folder, `copy-${index + 1}`));
  for (const copy of copies) {
    mkdirSync(copy);
    execFileSync('tar', ['-xf', archive, '-C', copy]);
    linkPackages(root, copy);
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

/** This repository's packages, which npm links into node_modules. */
const OWN_PACKAGES = new Set(['errand-client', 'errand-console', 'errand-local']);

function linkPackages(root: string, copy: string): void {
  mkdirSync(path.join(copy, 'node_modules'));
  for (const name of readdirSync(path.join(root, 'node_modules'))) {
    if (name === '.cache') continue;
    const target = OWN_PACKAGES.has(name)
      ? path.join('..', 'packages', name.replace('errand-', ''))
      : path.join(root, 'node_modules', name);
    symlinkSync(target, path.join(copy, 'node_modules', name));
  }
}

/** Whether tracked files other than the report differ from the last commit. If so, the copies would differ from the working tree. */
export function hasChanges(root: string): boolean {
  const exceptReport = ['--', '.', ':!docs/mutants', ':!docs/mutants.md'];
  return spawnSync('git', ['diff', '--quiet', 'HEAD', ...exceptReport], { cwd: root }).status !== 0;
}

/** Applies a mutant to a copy while `use` runs. */
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
