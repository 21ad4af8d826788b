import { chmod, lstat, mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The permissions of everybody but the owner. */
const OTHERS = 0o077;

/** What a start runs from the data folder: whoever could write there could have replaced it. */
const CODE = ['cdk.out', ...['compile-cache', 'code', 'versions'].map((folder) => join('lambda', folder))];

/**
 * Makes a data folder that only this user can enter: creates it, or closes one that is open to others.
 *
 * @returns whether others could enter it until now
 * @throws Error of one line if the folder belongs to another user or can't be closed
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
  if ((mode & OTHERS) === 0) return { wasOpen: false };
  await chmod(folder, 0o700);
  // Some file systems take a mode and ignore it: FAT, and Windows's drives in WSL.
  if (((await lstat(folder)).mode & OTHERS) !== 0) {
    throw new Error(
      `The data folder ${dataDir} is open to other users, and its file system keeps no permissions: set ERRAND_DATA_DIR to ` +
        'a folder on another file system, such as one in your home.',
    );
  }
  return { wasOpen: true };
}

/**
 * Removes the code in a data folder that others could have changed, so that it is made anew, and closes the rest to them. Published
 * versions of functions can't be made anew: they are lost.
 */
export async function distrustDataFolder(dataDir: string): Promise<void> {
  for (const code of CODE) await rm(join(dataDir, code), { recursive: true, force: true });
  await closeTree(dataDir);
}

/** Takes the permissions on a folder and everything in it from other users. */
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

/** The path of a unix socket may have 104 bytes on macOS; ours are up to 49 bytes longer than the temporary folder's. */
const LONGEST_ROOT = 54;

/**
 * A folder for this user's sockets, in the system's temporary folder. Nobody else can enter it, so nobody can connect to a
 * socket in it or put a socket of their own in its place.
 *
 * @throws Error of one line if another user made a folder of that name
 */
export async function privateTemporaryFolder(root = temporaryFolder()): Promise<string> {
  const folder = join(root, `errand-${ownUid()}`);
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== ownUid()) {
    throw new Error(
      `${folder} was made by another user (id ${found.uid}): set TMPDIR to a folder of your own.`,
    );
  }
  if ((found.mode & OTHERS) !== 0) await chmod(folder, 0o700);
  return folder;
}

function temporaryFolder(): string {
  return Buffer.byteLength(tmpdir()) > LONGEST_ROOT ? '/tmp' : tmpdir();
}

/** Where there are no user ids, on Windows, every file has the id 0. */
function ownUid(): number {
  return process.getuid?.() ?? 0;
}
