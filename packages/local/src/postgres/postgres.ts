import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findPostgresBinaries } from './binaries.ts';
import { ensureDataFolder, requirePasswords, SUPERUSER } from './data-folder.ts';
import { evictPreviousServer } from './previous-server.ts';
import { chooseServerAccount } from './server-account.ts';
import { ServerStartError, startServer } from './server-process.ts';
import type { ServerOptions, ServerProcess } from './server-process.ts';
import { createSocketFolder } from './socket-folder.ts';

/** The settings for connecting as the superuser. They are compatible with `pg.ClientConfig`. */
export interface PostgresConnection {
  /** The folder of the server's Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** A running PostgreSQL server. */
export interface Postgres {
  readonly connection: PostgresConnection;
  /** Shuts the server down. Open transactions are rolled back. */
  end(): Promise<void>;
}

export interface PostgresOptions {
  /** The cluster is stored in this folder's `postgres/` subfolder. */
  readonly dataDir: string;
  /** Called when the server exits unexpectedly. */
  readonly log: (line: string) => void;
  /** Additional environment variables for the server. @default - none */
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

/** How long to wait for a killed server's last processes to release its shared memory, in milliseconds. */
const LINGER_MS = 5_000;
const LINGER_POLL_MS = 50;

/**
 * Starts PostgreSQL on a Unix socket, and creates the data folder if it does not exist. If the server is killed, it is restarted.
 *
 * @throws a one-line Error if the data folder is in use, belongs to another user, or is damaged
 */
export async function startPostgres({ dataDir, log, variables = {} }: PostgresOptions): Promise<Postgres> {
  await mkdir(dataDir, { recursive: true });
  const clusterDir = path.resolve(dataDir, 'postgres');
  const binaries = findPostgresBinaries();
  const account = chooseServerAccount(clusterDir);
  await ensureDataFolder(clusterDir, binaries, account);
  await evictPreviousServer(clusterDir);
  await requirePasswords(clusterDir);
  const socket = await createSocketFolder();
  const start = () => startPatiently({ binaries, account, clusterDir, socketDir: socket.path, variables });
  try {
    const server = supervise(await start(), start, log);
    return {
      connection: { host: socket.path, port: 5432, user: SUPERUSER, database: 'postgres' },
      async end() {
        await server.end();
        await socket.end();
      },
    };
  } catch (error) {
    await socket.end();
    throw error;
  }
}

/** Restarts the server whenever it exits unexpectedly, until `end` is called. */
function supervise(
  first: ServerProcess,
  start: () => Promise<ServerProcess>,
  log: (line: string) => void,
): { end(): Promise<void> } {
  let current = Promise.resolve(first);
  let ending = false;
  const watch = async (): Promise<void> => {
    for (;;) {
      const how = await (await current).exited;
      if (ending) return;
      log(`Postgres ended unexpectedly (${how}); restarting it`);
      current = start();
    }
  };
  const watching = watch().catch((error: unknown) => {
    log((error as Error).message);
  });
  return {
    async end() {
      ending = true;
      const server = await current.catch(() => undefined);
      await server?.stop();
      await watching;
    },
  };
}

/**
 * Starts the server. Retries while the previous server's shared memory is in use, because a killed server's processes take a moment to notice its
 * death and exit.
 *
 * @throws a one-line Error that names the data folder
 */
async function startPatiently(options: ServerOptions): Promise<ServerProcess> {
  const deadline = performance.now() + LINGER_MS;
  for (;;) {
    try {
      return await startServer(options);
    } catch (error) {
      const lingers = error instanceof ServerStartError && error.reason.includes('is still in use');
      if (!lingers || performance.now() > deadline) throw inOneLine(error, options.clusterDir);
      await delay(LINGER_POLL_MS);
    }
  }
}

/** Matches errors that the operating system causes. Deleting the data would not fix them. */
const NOT_THE_DATA = /memory|semaphore|socket|No space left|setpriv/i;

function inOneLine(error: unknown, clusterDir: string): Error {
  const reason = error instanceof ServerStartError ? error.reason : String(error);
  const remedy = NOT_THE_DATA.test(reason)
    ? ''
    : '. If the folder is damaged, delete it to start afresh: everything stored in it is then lost';
  return new Error(`Postgres cannot use its data folder ${clusterDir}: ${reason}${remedy}`, { cause: error });
}
