import { execFileSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lockFile } from './data-folder.ts';
import { OWNER_SOCKET, SOCKET_DIR_PREFIX } from './socket-folder.ts';

const SHUTDOWN_MS = 10_000;
const POLL_MS = 20;

/**
 * Cleans up after an earlier run that was killed: its running server, lock file and socket. Usually only a lock file remains,
 * because the server's watcher outlives the killed process and shuts the server down.
 *
 * @throws Error if another running Errand uses the data folder
 */
export async function evictPreviousServer(clusterDir: string): Promise<void> {
  const lock = await readLock(clusterDir);
  if (!lock) return;
  if (await isOwned(lock.socketDir)) {
    throw new Error(
      `The Postgres data folder ${clusterDir} is in use by another Errand (its Postgres is process ${lock.pid}): ` +
        `stop that one first, or choose another data folder.`,
    );
  }
  if (isServerOf(lock.pid, clusterDir)) await shutDown(lock.pid, clusterDir);
  // Removes the lock file, because Postgres refuses to start if the file's process ID belongs to any live process, for example after a reboot.
  await rm(lockFile(clusterDir), { force: true });
  if (path.basename(lock.socketDir).startsWith(SOCKET_DIR_PREFIX)) {
    await rm(lock.socketDir, { recursive: true, force: true });
  }
}

/** Reads postmaster.pid. Its lines are: 1 process ID, 2 data folder, 3 start time, 4 port, 5 socket folder, 6 address, 7 memory, 8 state. */
async function readLock(clusterDir: string): Promise<{ pid: number; socketDir: string } | undefined> {
  try {
    const lines = (await readFile(lockFile(clusterDir), 'utf8')).split('\n');
    return { pid: Number(lines[0]), socketDir: lines[4] ?? '' };
  } catch {
    return undefined;
  }
}

/** Whether the process that started the server is alive, and therefore accepts connections on its own socket. */
async function isOwned(socketDir: string): Promise<boolean> {
  if (socketDir === '') return false;
  return new Promise((resolve) => {
    const socket = connect(path.join(socketDir, OWNER_SOCKET));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => {
      resolve(false);
    });
  });
}

/**
 * Whether a process is the data folder's server, according to its command line. Checking only the process ID is not enough, because the system reuses
 * IDs.
 */
function isServerOf(pid: number, clusterDir: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return false;
  try {
    const command = execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return command.includes(clusterDir);
  } catch {
    return false;
  }
}

async function shutDown(pid: number, clusterDir: string): Promise<void> {
  const deadline = performance.now() + SHUTDOWN_MS;
  process.kill(pid, 'SIGINT');
  // The server removes its lock file last. The process itself may remain as a zombie if process 1 does not reap it.
  while (isAlive(pid) && (await readLock(clusterDir))) {
    if (performance.now() > deadline) {
      throw new Error(
        `Postgres of an earlier run (process ${pid}) does not leave ${clusterDir}: stop that process manually.`,
      );
    }
    await delay(POLL_MS);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
