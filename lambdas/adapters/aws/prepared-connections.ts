import type * as Http from 'node:http';
import type { Socket } from 'node:net';

/** How long an open connection may wait for its first call, in milliseconds. */
const LONGEST_WAIT_MS = 5_000;

/**
 * How long {@link PreparedConnections.open} waits for a connection, in milliseconds. A slow connection must not delay the
 * function's startup.
 */
const LONGEST_OPENING_MS = 500;

interface Prepared {
  readonly socket: Socket;
  /** The time at which the connection was opened, in epoch milliseconds. */
  readonly openedAt: number;
}

export interface PreparedConnections {
  /**
   * Opens a connection to a host. The agent uses this connection the next time it needs a new connection to the host.
   * Never rejects: a call to a host that can't be reached reports the error.
   */
  open(host: string, port: number): Promise<void>;
  /** Closes the unused connections. */
  close(): void;
}

/**
 * Lets an agent open connections before the calls that need them. The function's init phase has a whole core
 * (docs/decisions/0108-rehearsed-calls.md), but an invocation has only the share of a core that its memory size provides.
 *
 * Lambda may freeze the sandbox between the init phase and the first invocation. A connection may die unnoticed during
 * the freeze, so connections older than five seconds are not used. Their age is measured with the system clock, which
 * Lambda corrects after a freeze; the monotonic clock is not guaranteed to count the frozen time. If a newer connection
 * has died, the SDK retries the call, as with any dead kept-alive connection.
 */
export function prepareConnections(agent: Http.Agent, now: () => number = Date.now): PreparedConnections {
  const prepared = new Map<string, Prepared>();
  const connect = agent.createConnection.bind(agent);

  const take = (place: string): Socket | undefined => {
    const found = prepared.get(place);
    if (!found) return undefined;
    prepared.delete(place);
    const { socket, openedAt } = found;
    if (!socket.destroyed && Math.abs(now() - openedAt) <= LONGEST_WAIT_MS) return socket.ref();
    socket.destroy();
    return undefined;
  };
  // Agents may override this method: https://nodejs.org/api/http.html#agentcreateconnectionoptions-callback
  agent.createConnection = (options, callback) =>
    take(`${String(options.host)}:${String(options.port)}`) ?? connect(options, callback);

  return {
    open(host, port) {
      const { isIP } = process.getBuiltinModule('node:net');
      // The same options as Node's agents use for AWS's hosts.
      const options = {
        host,
        port,
        noDelay: true,
        keepAlive: true,
        servername: isIP(host) === 0 ? host : '',
        ALPNProtocols: ['http/1.1'],
      };
      const socket = connect(options) as Socket;
      // An unused connection must not keep the process running.
      socket.unref();
      const place = `${host}:${port}`;
      take(place)?.destroy();
      prepared.set(place, { socket, openedAt: now() });
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, LONGEST_OPENING_MS);
        const settle = (): void => {
          clearTimeout(timer);
          resolve();
        };
        socket.once('encrypted' in socket ? 'secureConnect' : 'connect', settle);
        // Without a listener, an error event would crash the process. The close event follows.
        socket.on('error', settle);
        socket.once('close', () => {
          if (prepared.get(place)?.socket === socket) prepared.delete(place);
          settle();
        });
      });
    },
    close() {
      for (const { socket } of prepared.values()) socket.destroy();
      prepared.clear();
    },
  };
}
