import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../helpers/commands.ts';
import { MIGRATIONS_FOLDER } from '../helpers/aurora.ts';
import { PROJECT } from '../helpers/stack.ts';
import lastRelease from './last-release.json' with { type: 'json' };

export const { version, commit } = lastRelease;

/** Whether this clone contains the last release's commit. A shallow clone fetches the commit from its origin. */
export async function hasRelease(signal: AbortSignal): Promise<boolean> {
  const git = (...words: string[]): Promise<boolean> =>
    run('git', ['-C', PROJECT, ...words], process.env, signal).then(
      () => true,
      () => {
        signal.throwIfAborted();
        return false;
      },
    );
  if (await git('cat-file', '-e', `${commit}^{commit}`)) return true;
  return git('fetch', '--quiet', '--depth', '1', 'origin', commit);
}

/** Unpacks the last release's source code into a folder, and links or installs its dependencies. */
export async function unpackRelease(folder: string, signal: AbortSignal): Promise<void> {
  await mkdir(folder);
  const archive = `${folder}.tar`;
  await run('git', ['-C', PROJECT, 'archive', '--output', archive, commit], process.env, signal);
  await run('tar', ['-xf', archive, '-C', folder], process.env, signal);
  if (await hasSameDependencies(folder)) await linkDependencies(folder);
  else await run('npm', ['ci', '--no-audit', '--no-fund', '--prefix', folder], process.env, signal);
}

/**
 * Whether the release has the same dependencies as the current code. All packages in the lock file are compared, because the tested bundle must be
 * identical to the released bundle.
 */
async function hasSameDependencies(folder: string): Promise<boolean> {
  const [ours, theirs] = await Promise.all([PROJECT, folder].map(lockedVersions));
  return ours === theirs;
}

async function lockedVersions(folder: string): Promise<string> {
  const lock = JSON.parse(await readFile(path.join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string; integrity?: string }>;
  };
  const installed = Object.entries(lock.packages).filter(([place]) => place.startsWith('node_modules/'));
  return JSON.stringify(
    installed.map(([place, { version: of, integrity }]) => [place, of, integrity]).sort(),
  );
}

/** Links the release to the current code's dependencies, except this repository's packages and the build cache. */
async function linkDependencies(folder: string): Promise<void> {
  const [from, to] = [PROJECT, folder].map((root) => path.join(root, 'node_modules')) as [string, string];
  await mkdir(to);
  const own: Readonly<Record<string, string>> = { 'errand-client': 'client', 'errand-local': 'local' };
  for (const name of await readdir(from)) {
    if (name === '.cache') continue;
    const workspace = own[name];
    await symlink(
      workspace === undefined ? path.join(from, name) : path.join(folder, 'packages', workspace),
      path.join(to, name),
    );
  }
}

/**
 * Replaces the release's migrations with the current ones, and removes CONCURRENTLY from them, because the release's runner may not support it. The
 * resulting schema is the same.
 */
export async function takeOurMigrations(folder: string): Promise<void> {
  const migrations = path.join(folder, 'migrations');
  if (!existsSync(migrations)) throw new Error(`${folder} is no checkout of Errand.`);
  await rm(migrations, { recursive: true });
  await mkdir(migrations);
  for (const file of await readdir(MIGRATIONS_FOLDER)) {
    const sql = await readFile(path.join(MIGRATIONS_FOLDER, file), 'utf8');
    await writeFile(path.join(migrations, file), sql.replaceAll(/\bINDEX\s+CONCURRENTLY\b/gi, 'INDEX'));
  }
}
