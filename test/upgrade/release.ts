import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { provideDependencies } from '../../tools/checkout/dependencies.ts';
import { unpackCommit } from '../../tools/checkout/unpack-commit.ts';
import { run } from '../helpers/commands.ts';
import { MIGRATIONS_FOLDER } from '../helpers/aurora.ts';
import { PROJECT } from '../helpers/stack.ts';
import lastRelease from './last-release.json' with { type: 'json' };

export const { version, commit } = lastRelease;

/** Whether this clone contains the last release's commit or can fetch the commit from its origin. A shallow clone has to fetch it. */
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

/** Unpacks the last release's source code into a new folder, and links its dependencies, which are installed if necessary. */
export async function unpackRelease(folder: string, signal: AbortSignal): Promise<void> {
  await unpackCommit(PROJECT, commit, folder, signal);
  await provideDependencies(folder, signal, console.log);
}

/**
 * Replaces the release's migrations with the current ones. Removes CONCURRENTLY from the migrations, because the release's migration runner may
 * not support it. The resulting schema is the same.
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
