import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { privateTemporaryFolder } from '../data-folder/private-folder.ts';

/** Our own socket beside the server's: it accepts as long as our process lives. */
export const OWNER_SOCKET = 'owner';
export const SOCKET_DIR_PREFIX = 'errand-pg-';

/** The folder of the server's socket, closed to other users. */
export interface SocketFolder {
  readonly path: string;
  end(): Promise<void>;
}

/** Makes a folder for a unix socket, which can't clash with another server's port and which no other user can reach. */
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
