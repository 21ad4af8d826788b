import { createServer } from 'node:net';
import { once } from 'node:events';

/** The debugger's port of each queue: the first queue that asks for one gets the first port, and so on. */
export interface DebuggerPorts {
  portOf(queue: string): number;
}

/**
 * @param first the first port
 * @param print tells of the port of each queue
 */
export function createDebuggerPorts(first: number, print: (line: string) => void): DebuggerPorts {
  const ports = new Map<string, number>();
  return {
    portOf(queue) {
      const known = ports.get(queue);
      if (known !== undefined) return known;
      const port = first + ports.size;
      ports.set(queue, port);
      print(`Debugger of the queue ${queue}: 127.0.0.1:${port}`);
      return port;
    },
  };
}

/** @throws Error that names the option for a port that another process listens on */
export async function requireFreePort(port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      `The debugger's port ${port} can't be used (${code ?? 'unknown error'}): give another one with --inspect=PORT.`,
      { cause: error },
    );
  } finally {
    server.close();
  }
}
