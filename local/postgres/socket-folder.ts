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

/** A socket's path may have 104 bytes on macOS; some systems' temporary folder alone has more. */
const LONGEST_ROOT = 70;

/** Where the folder is made: the system's temporary folder, however deep the project itself lies. */
export function socketRoot(): string {
  return Buffer.byteLength(tmpdir()) > LONGEST_ROOT ? '/tmp' : tmpdir();
}

/**
 * A unix socket cannot clash with another server's port, and is closed to other users.
 */
export async function createSocketFolder(account: ServerAccount): Promise<SocketFolder> {
  const folder = await mkdtemp(path.join(socketRoot(), SOCKET_DIR_PREFIX));
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
