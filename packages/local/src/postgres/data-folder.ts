import { execFile } from 'node:child_process';
import { chown, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { DataStore } from '../data-folder/store-register.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { ServerAccount } from './server-account.ts';

/** The superuser, named as on RDS. Applications use an ordinary role. */
export const SUPERUSER = 'rdsadmin';

/**
 * Creates the data folder if it does not exist. The folder is initialized under another name and then renamed, so an existing
 * folder is always complete, even if the first startup was killed.
 *
 * The sort order is ICU's en-US, which is close to Aurora's default, en_US.UTF-8.
 *
 * @param clusterDir the data folder; its parent must exist
 */
export async function ensureDataFolder(
  clusterDir: string,
  binaries: PostgresBinaries,
  account: ServerAccount,
): Promise<void> {
  if (!(await isEmptyOrMissing(clusterDir))) return;
  const unfinished = `${clusterDir}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  if (account.owner) await chown(unfinished, account.owner.uid, account.owner.gid);
  const { program, args, user } = account.command(binaries.initdb, [
    `--pgdata=${unfinished}`,
    `--username=${SUPERUSER}`,
    // Only this user and root can reach the socket, because other users can't enter its folder.
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=icu',
    '--icu-locale=en-US',
    '--no-sync',
    '--no-instructions',
  ]);
  try {
    const env = { PATH: process.env.PATH, LC_ALL: 'C' };
    await promisify(execFile)(program, args, { ...user, env });
  } catch (cause) {
    const { stderr = '', message } = cause as { stderr?: string; message: string };
    const reason = stderr.trim().split('\n').at(-1) ?? message;
    throw new Error(`The Postgres data folder ${clusterDir} cannot be created: ${reason}`, { cause });
  }
  await rm(clusterDir, { recursive: true, force: true });
  await rename(unfinished, clusterDir);
}

/**
 * Lets the superuser connect without a password on the socket, because only this user and root can enter the socket's folder. All other
 * database users need a password. Call this before every start, because data folders created by earlier versions let everyone connect without a
 * password.
 */
export async function requirePasswords(clusterDir: string): Promise<void> {
  const rules = [`local all ${SUPERUSER} trust`, 'local all all scram-sha-256'];
  await writeFile(path.join(clusterDir, 'pg_hba.conf'), `${rules.join('\n')}\n`);
}

/**
 * Returns the cluster as a store for the store register. The register must check the cluster before startup, because startup creates a new
 * cluster if none exists.
 */
export function clusterStore(dataDir: string): DataStore {
  const folder = 'postgres';
  return { folder, isEmpty: () => isEmptyOrMissing(path.join(dataDir, folder)) };
}

async function isEmptyOrMissing(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    if (code !== 'EACCES') throw error;
    const { uid } = await stat(folder);
    throw new Error(
      `This user can't read the Postgres data folder ${folder}, whose owner has the id ${uid}: ` +
        `run as the owner, or use another data folder.`,
      { cause: error },
    );
  }
}

export function lockFile(clusterDir: string): string {
  return path.join(clusterDir, 'postmaster.pid');
}
