import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startPostgres } from 'errand-local/postgres/postgres';
import { startPeerProcess, type PeerProcess } from './peer-process.ts';
import type { StartService } from './service.ts';

const PEERS = path.resolve(import.meta.dirname, '../peers');

const READY = /Ready: \w+(?: on (http:\S+))?/;

/** Installs the peers' packages once, at the versions in their lock file. */
export async function installPeers(tell: (line: string) => void): Promise<void> {
  const lock = path.join(PEERS, 'package-lock.json');
  const installed = path.join(PEERS, 'node_modules/.package-lock.json');
  if (existsSync(installed) && (await versionsIn(installed)) === (await versionsIn(lock))) return;
  tell('installing the peers from npm');
  await promisify(execFile)('npm', ['ci', '--ignore-scripts'], { cwd: PEERS });
}

async function versionsIn(lockFile: string): Promise<string> {
  const { packages } = JSON.parse(await readFile(lockFile, 'utf8')) as {
    packages: Record<string, { version?: string; optional?: boolean }>;
  };
  // Optional packages differ between platforms.
  return Object.entries(packages)
    .filter(([name, { optional }]) => name !== '' && optional !== true)
    .map(([name, { version }]) => `${name}@${version ?? ''}`)
    .sort()
    .join('\n');
}

/** Whether Redis, which BullMQ needs, is installed. */
export async function hasRedis(): Promise<boolean> {
  return promisify(execFile)('redis-server', ['--version']).then(
    () => true,
    () => false,
  );
}

/** Starts a peer with its own PostgreSQL server, which uses the same binaries and settings as the embedded cloud's server. */
export function onPostgres(script: string): StartService {
  return async (signal) => {
    await using started = new AsyncDisposableStack();
    const dataDir = await temporaryFolder(started);
    const postgres = await startPostgres({ dataDir, log: () => undefined });
    started.defer(() => postgres.end());
    const [serverPid] = (await readFile(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n');
    const { host, user, database } = postgres.connection;
    return await startBoth(
      script,
      { PGHOST: host, PGUSER: user, PGDATABASE: database },
      { signal, started, store: Number(serverPid) },
    );
  };
}

/** Starts a peer with its own Redis server, which fsyncs each change before it responds. */
export function onRedis(script: string): StartService {
  return async (signal) => {
    await using started = new AsyncDisposableStack();
    const folder = await temporaryFolder(started);
    const socket = path.join(folder, 'redis.sock');
    const redis = await startPeerProcess(
      [
        'redis-server',
        ...['--port', '0', '--unixsocket', socket, '--dir', folder, '--save', ''],
        ...['--appendonly', 'yes', '--appendfsync', 'always'],
      ],
      { env: {}, ready: /ready to accept connections/i, signal },
    );
    started.defer(() => redis.end());
    return await startBoth(script, { REDIS_SOCKET: socket }, { signal, started, store: redis.pid });
  };
}

interface Surroundings {
  readonly signal: AbortSignal;
  /** Resources that are disposed of when the service ends. */
  readonly started: AsyncDisposableStack;
  /** The store's process id. */
  readonly store: number;
}

/** Starts the HTTP server, which creates the tables, and then the worker. Each is a separate process. */
async function startBoth(script: string, env: NodeJS.ProcessEnv, { signal, started, store }: Surroundings) {
  const start = async (role: string): Promise<PeerProcess> => {
    const peer = await startPeerProcess([process.execPath, script, role], { env, ready: READY, signal });
    started.defer(() => peer.end());
    return peer;
  };
  const api = await start('api');
  const worker = await start('worker');
  const owned = started.move();
  return {
    url: api.said[1] ?? '',
    roots: [store, api.pid, worker.pid],
    end: () => owned.disposeAsync(),
  };
}

async function temporaryFolder(started: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-bench-'));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
