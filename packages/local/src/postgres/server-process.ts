import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { PostgresBinaries } from './binaries.ts';
import type { ServerAccount } from './server-account.ts';

/** A Postgres server that accepts connections. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves with the cause when the server exits, even if the exit was requested. */
  readonly exited: Promise<string>;
  /** Shuts the server down and rolls back open transactions. Resolves when the server has exited. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly binaries: PostgresBinaries;
  readonly account: ServerAccount;
  readonly clusterDir: string;
  readonly socketDir: string;
  /** Additional environment variables. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Thrown if the server did not start. `reason` is Postgres's last message. */
export class ServerStartError extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(`PostgreSQL did not start: ${reason}`);
    this.reason = reason;
  }
}

/**
 * These settings keep resource use low, because the server runs on a laptop. Nothing is fsynced, because data must survive a killed process, but not
 * a power failure. A commit still reaches the kernel before the response (synchronous_commit stays on).
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  port: '5432',
  max_connections: '50',
  shared_buffers: '32MB',
  fsync: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  max_parallel_workers_per_gather: '0',
  checkpoint_timeout: '30min',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // LOG ranks above ERROR, so this setting hides failed statements, but shows "ready" and the reason for a shutdown.
  log_min_messages: 'log',
  log_checkpoints: 'off',
  log_line_prefix: '',
};

const READY = 'database system is ready to accept connections';

/** How long a graceful shutdown may take before the server is told to disconnect all clients, in milliseconds. */
const SHUTDOWN_MS = 10_000;

/**
 * A script for sh. The shell replaces itself with the server (`exec`), so that the server is a direct child of this process. A background
 * watcher reads a pipe from this process. If this process exits unexpectedly, even by kill -9, the pipe closes. The watcher then shuts the
 * server down, and removes the server's socket folder, whose path is in `$1`. The watcher is forked twice, because Postgres would treat the
 * exit of a child process as a crash.
 */
const WATCHED = `
(
  (
    read -r goodbye <&3 && exit
    kill -INT $$
    patience=100
    while [ $patience -gt 0 ] && kill -0 $$; do patience=$((patience - 1)); sleep 0.1; done
    rm -rf "$1"
  ) > /dev/null 2>&1 &
)
shift
exec "$@" 3<&-
`;

/**
 * Starts the server and waits until it accepts connections.
 *
 * The server is detached from the terminal. Otherwise, Ctrl-C would stop the server before this process disconnects.
 *
 * @throws ServerStartError with Postgres's reason
 */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const { binaries, account, clusterDir, socketDir, variables } = options;
  const settings = { ...SETTINGS, unix_socket_directories: socketDir };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const watched = ['-c', WATCHED, 'sh', socketDir, binaries.postgres, '-D', clusterDir, ...flags];
  const { program, args, user } = account.command('/bin/sh', watched);
  const child = spawn(program, args, {
    ...user,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, LC_ALL: 'C', ...variables },
  });
  const watcher = child.stdio[3] as NodeJS.WritableStream;
  watcher.on('error', () => undefined); // the watcher may have exited before this process closes the pipe
  const exited = new Promise<string>((resolve) => {
    child.on('exit', (code, signal) => {
      watcher.end('goodbye\n');
      resolve(signal ?? `exit code ${code ?? 'unknown'}`);
    });
  });
  const { pid } = child;
  if (pid === undefined) {
    const [error] = (await once(child, 'error')) as [Error];
    throw new ServerStartError(`${program}: ${error.message}`);
  }

  const complaints: string[] = [];
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdio[2] as NodeJS.ReadableStream }).on('line', (line) => {
      if (line.includes(READY)) resolve();
      if (/^(FATAL|PANIC|ERROR|postgres|setpriv):/.test(line))
        complaints.push(line.replace(/^[A-Z]+:\s*/, ''));
    });
  });
  const how = await Promise.race([ready, exited]);
  if (how !== undefined) throw new ServerStartError(complaints.at(-1) ?? how);
  return { pid, exited, stop: () => stop(child, exited) };
}

async function stop(child: ReturnType<typeof spawn>, exited: Promise<string>): Promise<void> {
  child.kill('SIGINT');
  const impatience = setTimeout(() => child.kill('SIGQUIT'), SHUTDOWN_MS);
  await exited;
  clearTimeout(impatience);
}
