import { existsSync } from 'node:fs';
import { constants, copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * A new project's files, and their sources in `bin/command-line/init/project`. Two sources have other names than the files that they become: npm does
 * not publish `.gitignore` files, and a source named `tsconfig.json` would override this repository's configuration for the files next to
 * it.
 */
const FILES: Readonly<Record<string, string>> = {
  'jobs/index.ts': 'jobs/index.ts',
  'jobs/greet.test.ts': 'jobs/greet.test.ts',
  'bin/app.ts': 'bin/app.ts',
  'cdk.json': 'cdk.json',
  'tsconfig.project.json': 'tsconfig.json',
  gitignore: '.gitignore',
};

/** A new project's files, divided into existing and missing files. */
export interface ProjectFiles {
  readonly existing: readonly string[];
  readonly missing: readonly string[];
}

/** Determines which of a new project's files a folder already contains. */
export function findProjectFiles(folder: string): ProjectFiles {
  const names = Object.values(FILES);
  const existing = names.filter((name) => existsSync(path.join(folder, name)));
  return { existing, missing: names.filter((name) => !existing.includes(name)) };
}

/** Writes a new project's files; fails rather than overwrite an existing file. */
export async function writeProjectFiles(
  packageRoot: string,
  folder: string,
  names: readonly string[],
): Promise<void> {
  for (const [source, name] of Object.entries(FILES)) {
    if (!names.includes(name)) continue;
    const target = path.join(folder, name);
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(
      path.join(packageRoot, 'bin/command-line/init/project', source),
      target,
      constants.COPYFILE_EXCL,
    );
  }
}
