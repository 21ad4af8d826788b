import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { privateTemporaryFolder } from '../data-folder/private-folder.ts';

/** The name of this process's own socket, next to the server's socket. This process accepts connections on the socket until it exits. */
export const OWNER_SOCKET = 'owner';
export const SOCKET_DIR_PREFIX = 'errand-pg-';

/** The folder of the server's socket. Other users can't enter it. */
export interface SocketFolder {
  readonly path: string;
  end(): Promise<void>;
}

/** Creates a folder for a Unix socket. The socket can't conflict with another server's port, and other users can't reach it. */
export async function createSocketFolder(): Promise<SocketFolder> {
  const folder = await mkdtemp(path.join(await privateTemporaryFolder(), SOCKET_DIR_PREFIX));
  const owner = createServer((socket) => socket.destroy());
  owner.listen(path.join(folder, OWNER_SOCKET)).unref();
  await once(owner, 'listening');
  return {
    path: folder,
    async end() {
      owner.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
