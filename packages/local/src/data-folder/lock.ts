import { createHash } from 'node:crypto';
import { realpath, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { privateTemporaryFolder } from './private-folder.ts';

/** Reserves a data folder for one process. */
export interface DataFolderLock {
  end(): Promise<void>;
}

/**
 * Locks an existing data folder for this process.
 *
 * The lock is a listening local socket instead of a file with a process ID. The system releases a socket when its process is killed. A
 * later process with the same ID can't be mistaken for the holder.
 *
 * @throws a one-line Error if another process holds the lock
 */
export async function lockDataFolder(dataDir: string): Promise<DataFolderLock> {
  const address = await socketAddress(await realpath(dataDir));
  const server = createServer((connection) => connection.end(String(process.pid)));
  server.unref();

  if (!(await listens(server, address))) {
    const holder = await askHolder(address);
    if (holder !== undefined) {
      throw new Error(
        `Process ${holder} already uses the data folder ${dataDir}; stop it, or set ERRAND_DATA_DIR to another folder.`,
      );
    }
    // No process responds, so the socket was left behind by a killed process.
    await rm(address, { force: true });
    if (!(await listens(server, address)))
      throw new Error(`The data folder ${dataDir} is being taken by another process.`);
  }
  return {
    async end() {
      await new Promise((closed) => server.close(closed));
    },
  };
}

/**
 * Returns the socket's path. The socket is outside the data folder, because the data folder's path may be too long: macOS limits socket paths to
 * 104 bytes.
 */
async function socketAddress(folder: string): Promise<string> {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\errand-${name}`;
  return join(await privateTemporaryFolder(), `${name}.sock`);
}

async function listens(server: Server, address: string): Promise<boolean> {
  return new Promise((settle, failed) => {
    const onError = (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') settle(false);
      else failed(error);
    };
    server.once('error', onError).listen(address, () => {
      server.off('error', onError);
      settle(true);
    });
  });
}

/** Asks the lock's holder for its process ID. Returns `undefined` if no process holds the lock. */
async function askHolder(address: string): Promise<string | undefined> {
  return new Promise((settle) => {
    let answer = '';
    connect(address)
      .setEncoding('utf8')
      .on('data', (text: string) => {
        answer += text;
      })
      .once('error', () => {
        settle(undefined);
      })
      .once('end', () => {
        settle(answer);
      });
  });
}
