import { chmod, lstat, mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The permission bits of users other than the owner. */
const OTHERS = 0o077;
const OWNER = 0o700;

/** Folders with code that the embedded cloud runs. Anyone with write access to the data folder could have replaced this code. */
const CODE = ['cdk.out', ...['compile-cache', 'code', 'versions'].map((folder) => join('lambda', folder))];

/**
 * Makes a data folder private to this user. Creates the folder, or removes other users' access to it.
 *
 * @returns whether other users had access until now
 * @throws a one-line Error if the folder belongs to another user, its owner lacks permissions, or other users' access can't be removed
 */
export async function closeDataFolder(dataDir: string): Promise<{ readonly wasOpen: boolean }> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const folder = await realpath(dataDir);
  const { uid, mode } = await lstat(folder);
  if (uid !== ownUid()) {
    throw new Error(
      `The data folder ${dataDir} belongs to another user (id ${uid}), who could change what runs: run as that user, ` +
        'or set ERRAND_DATA_DIR to a folder of your own.',
    );
  }
  requireOwnPermissions(dataDir, mode);
  for (const { name } of (await readdir(folder, { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  )) {
    const inner = await lstat(join(folder, name));
    if (inner.uid === uid) requireOwnPermissions(join(dataDir, name), inner.mode);
  }
  if ((mode & OTHERS) === 0) return { wasOpen: false };
  await chmod(folder, 0o700);
  // Some file systems, such as FAT and Windows drives in WSL, accept a mode but ignore it.
  if (((await lstat(folder)).mode & OTHERS) !== 0) {
    throw new Error(
      `The data folder ${dataDir} is open to other users, and its file system keeps no permissions: set ERRAND_DATA_DIR to ` +
        'a folder on another file system, such as one in your home.',
    );
  }
  return { wasOpen: true };
}

/**
 * Checks that the owner has all permissions. Without this check, each store would report a missing permission as damaged data, and users
 * would think that they have to delete the data.
 */
function requireOwnPermissions(folder: string, mode: number): void {
  if ((mode & OWNER) === OWNER) return;
  throw new Error(
    `You may not read and write the folder ${folder}: give your user the permissions with "chmod u+rwx ${folder}", ` +
      'or set ERRAND_DATA_DIR to another folder.',
  );
}

/**
 * Cleans a data folder that other users could have changed. Removes the code, and other users' access to everything else. The code is
 * rebuilt later, except for published function versions, which are lost.
 */
export async function distrustDataFolder(dataDir: string): Promise<void> {
  for (const code of CODE) await rm(join(dataDir, code), { recursive: true, force: true });
  await closeTree(dataDir);
}

/** Removes other users' permissions on a folder and its contents. */
export async function closeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const path of [folder, ...paths]) {
    const { mode } = await lstat(path);
    if ((mode & OTHERS) !== 0) await chmod(path, mode & 0o700);
  }
}

/**
 * The maximum length of the temporary folder's path, in bytes. On macOS, a Unix socket's path is limited to 104 bytes, and Errand's socket paths are
 * up
 * to 49 bytes longer than the temporary folder's path.
 */
const LONGEST_ROOT = 54;

/**
 * Creates a folder for this user's sockets in the system's temporary folder. Other users have no access to the folder, so they can't
 * connect to a socket in it or replace a socket.
 *
 * @throws a one-line Error if another user created a folder with that name
 */
export async function privateTemporaryFolder(root = temporaryFolder()): Promise<string> {
  const folder = join(root, `errand-${ownUid()}`);
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== ownUid()) {
    throw new Error(
      `${folder} was created by another user (id ${found.uid}): set TMPDIR to a folder of your own.`,
    );
  }
  if ((found.mode & OTHERS) !== 0) await chmod(folder, 0o700);
  return folder;
}

function temporaryFolder(): string {
  return Buffer.byteLength(tmpdir()) > LONGEST_ROOT ? '/tmp' : tmpdir();
}

/** Returns the current user's ID. Windows has no user IDs, so this function returns 0 there, like every file's owner in Node.js. */
function ownUid(): number {
  return process.getuid?.() ?? 0;
}
