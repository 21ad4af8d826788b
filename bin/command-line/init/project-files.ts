import { existsSync } from 'node:fs';
import { constants, copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * The files of a new project, by their sources in `bin/command-line/init/project`. Two sources have other names: npm publishes no
 * `.gitignore`, and a `tsconfig.json` there would replace this repository's for the files beside it.
 */
const FILES: Readonly<Record<string, string>> = {
  'jobs/index.ts': 'jobs/index.ts',
  'jobs/greet.test.ts': 'jobs/greet.test.ts',
  'bin/app.ts': 'bin/app.ts',
  'cdk.json': 'cdk.json',
  'tsconfig.project.json': 'tsconfig.json',
  gitignore: '.gitignore',
};

/** Which files a project needs, and which of them exist already. */
export interface ProjectFiles {
  readonly existing: readonly string[];
  readonly missing: readonly string[];
}

/** Finds out which files of a new project a folder already has. */
export function findProjectFiles(folder: string): ProjectFiles {
  const names = Object.values(FILES);
  const existing = names.filter((name) => existsSync(path.join(folder, name)));
  return { existing, missing: names.filter((name) => !existing.includes(name)) };
}

/** Writes files of a new project; fails rather than overwrite one. */
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
