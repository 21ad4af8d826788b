import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ServerAccount } from './server-account.ts';

/** Our own socket beside the server's: it accepts as long as our process lives. */
export const OWNER_SOCKET = 'owner';
export const SOCKET_DIR_PREFIX = 'errand-pg-';

/** The folder of the server's socket, closed to other users. */
export interface SocketFolder {
  readonly path: string;
  end(): Promise<void>;
}

/**
 * A unix socket cannot clash with another server's port and is closed to other users. Its path may have only about
 * 100 bytes, so the folder lies in the system's temporary folder, however deep the project is.
 */
export async function createSocketFolder(account: ServerAccount): Promise<SocketFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), SOCKET_DIR_PREFIX));
  const owner = createServer((socket) => socket.destroy());
  owner.listen(path.join(folder, OWNER_SOCKET)).unref();
  await once(owner, 'listening');
  if (account.owner) await chown(folder, account.owner.uid, account.owner.gid);
  return {
    path: folder,
    async end() {
      owner.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
