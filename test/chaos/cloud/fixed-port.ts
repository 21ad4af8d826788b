import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * The first port to try. The port is above the well-known services' ports and below the ephemeral ports, which begin at 32768 on Linux and at 49152
 * on macOS.
 */
const FIRST = 20_000;
const LAST = 32_000;

/**
 * Finds an unused port on 127.0.0.1 outside the range of ephemeral ports. While the server is down, the system could assign an ephemeral port to an
 * outgoing connection.
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
