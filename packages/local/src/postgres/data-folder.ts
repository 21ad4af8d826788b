import { execFile } from 'node:child_process';
import { chown, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { DataStore } from '../data-folder/store-register.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { ServerAccount } from './server-account.ts';

/** The superuser, by the name it has on RDS; applications get an ordinary role. */
export const SUPERUSER = 'rdsadmin';

/**
 * The data folder is made complete under another name and then renamed: one that exists was once complete, even
 * if a first start was killed half-way.
 *
 * Sorting follows ICU's en-US, which is close to the en_US.UTF-8 that Aurora creates its databases with.
 *
 * @param clusterDir The data folder; its parent must exist.
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
    // Only our user and root can reach the socket: its folder is closed to everybody else.
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
 * Lets the superuser in on the socket, whose folder is closed to everybody but our user and root, and everyone else by
 * password. Written before every start, as earlier versions let all in.
 */
export async function requirePasswords(clusterDir: string): Promise<void> {
  const rules = [`local all ${SUPERUSER} trust`, 'local all all scram-sha-256'];
  await writeFile(path.join(clusterDir, 'pg_hba.conf'), `${rules.join('\n')}\n`);
}

/** The cluster as a store: asked before a start, which makes a new cluster where there is none. */
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
      `The Postgres data folder ${folder} belongs to another user (id ${uid}): ` +
        `run as that user, or delete the folder to start afresh.`,
      { cause: error },
    );
  }
}

/** Where the files of a data folder are that other parts need. */
export function lockFile(clusterDir: string): string {
  return path.join(clusterDir, 'postmaster.pid');
}
