import { createServer } from 'node:net';
import { once } from 'node:events';

/** The debugger's port of each queue: the first one that a queue asks for gets the first port, and so on. */
export interface DebuggerPorts {
  portOf(queue: string): number;
  /** The ports that were asked for, by the queues' names. */
  all(): ReadonlyMap<string, number>;
}

/** @param first the first port */
export function createDebuggerPorts(first: number): DebuggerPorts {
  const ports = new Map<string, number>();
  return {
    portOf(queue) {
      const port = ports.get(queue) ?? first + ports.size;
      ports.set(queue, port);
      return port;
    },
    all: () => ports,
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
