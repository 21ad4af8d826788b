import { createServer } from 'node:net';
import { once } from 'node:events';
import { DEFAULT_QUEUE } from '../../../lambdas/job/definition.ts';

/** Each queue's debugger port. */
export interface DebuggerPorts {
  /** Returns the debugger port of a queue's worker: the first port for the `default` queue, and the next free port for each other queue. */
  portOf(queue: string): number;
  /**
   * Reads a log line. If the line says that a worker could not listen on its port, prints which queue has no debugger.
   *
   * @param line a line from a function's log
   * @returns whether the line is about a debugger port
   */
  readLogLine(line: string): boolean;
}

/** Matches the line that Node.js prints if it can't listen on the debugger port. Node.js then continues without a debugger. */
const FAILED = /^Starting inspector on 127\.0\.0\.1:(\d+) failed: (.*)$/;

/**
 * @param first the first port
 * @param print prints each queue's port
 */
export function createDebuggerPorts(first: number, print: (line: string) => void): DebuggerPorts {
  const ports = new Map<string, number>();
  let next = first + 1;
  return {
    portOf(queue) {
      const known = ports.get(queue);
      if (known !== undefined) return known;
      const port = queue === DEFAULT_QUEUE ? first : next++;
      ports.set(queue, port);
      print(`Debugger for the ${queue} queue: 127.0.0.1:${port}`);
      return port;
    },
    readLogLine(line) {
      const [, port, reason = ''] = FAILED.exec(line) ?? [];
      const [queue] = [...ports].find(([, each]) => String(each) === port) ?? [];
      if (port === undefined || queue === undefined) return false;
      print(
        `The debugger port ${port} of the ${queue} queue can't be used (${reason}): the queue's jobs run without a debugger. ` +
          'Stop the process that listens on the port, or choose another first port with --inspect=PORT, and start errand dev again.',
      );
      return true;
    },
  };
}

/** @throws Error that names the option, if the port is in use */
export async function requireFreePort(port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      `The debugger port ${port} can't be used (${code ?? 'unknown error'}): choose another one with --inspect=PORT.`,
      { cause: error },
    );
  } finally {
    server.close();
  }
}
