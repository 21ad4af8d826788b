import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ephemeral ports of Linux and macOS (32768 and 49152 upward), and above those of well-known services. */
const FIRST = 20_000;
const LAST = 32_000;

/**
 * A port of 127.0.0.1 on which no process listens, and which the system does not give to connections. Otherwise a client that connects
 * while the server is down could get the server's port as its own.
 */
export async function fixedPort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const server = createServer();
    const isFree = await Promise.race([
      once(server.listen(port, '127.0.0.1'), 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ]).catch(() => false);
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
