import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { findPostgresBinaries } from '../../src/postgres/binaries.ts';
import { ensureDataFolder } from '../../src/postgres/data-folder.ts';
import { startPostgres } from '../../src/postgres/postgres.ts';
import type { Postgres } from '../../src/postgres/postgres.ts';
import { chooseServerAccount } from '../../src/postgres/server-account.ts';

// The timeout is long, because each test starts one or two servers, and test machines are busy.
jest.setTimeout(30_000);

const logged: string[] = [];
const running: Postgres[] = [];
const folders: string[] = [];

const newFolder = (): Promise<string> => mkdtemp(path.join(tmpdir(), 'errand-postgres-'));

let template: string;
beforeAll(async () => {
  template = await newFolder();
  await (await startPostgres({ dataDir: template, log: () => undefined })).end();
});
afterAll(() => rm(template, { recursive: true }));

/** Returns a copy of an initialized data folder, because initializing a new folder takes a while. */
async function newDataDir(): Promise<string> {
  const folder = await newFolder();
  folders.push(folder);
  execFileSync('cp', ['-a', path.join(template, 'postgres'), folder]);
  return folder;
}

async function start(dataDir: string, variables?: Record<string, string>): Promise<Postgres> {
  const postgres = await startPostgres({ dataDir, log: (line) => logged.push(line), variables });
  running.push(postgres);
  return postgres;
}

async function query(connection: pg.ClientConfig, sql: string): Promise<unknown[][]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

const serverPid = async (dataDir: string): Promise<number> =>
  Number((await readFile(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);

/**
 * Returns the process ID of the shell that stops a server after the parent process has died. The shell's arguments contain the server's socket
 * folder.
 */
function watcherPid(socketDir = ''): number {
  const processes = execFileSync('ps', ['-ww', '-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  const watcher = processes.find((line) => line.includes('/bin/sh -c') && line.includes(socketDir));
  return Number.parseInt(watcher ?? '', 10);
}

/** Waits for a graceful shutdown, at the end of which Postgres removes its lock file. */
async function untilShutDown(dataDir: string): Promise<void> {
  while (existsSync(path.join(dataDir, 'postgres', 'postmaster.pid'))) await new Promise(setImmediate);
}

/** Starts Postgres from another process, which then only waits. */
async function startElsewhere(
  dataDir: string,
): Promise<{ pid: number; connection: pg.ClientConfig; kill(): Promise<void> }> {
  const module = path.resolve('packages/local/src/postgres/postgres.ts');
  const script = `
    const { startPostgres } = await import(${JSON.stringify(module)});
    const { connection } = await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, log: () => undefined });
    console.log(JSON.stringify(connection));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    pid: child.pid ?? 0,
    connection: JSON.parse(line) as pg.ClientConfig,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

afterEach(async () => {
  for (const postgres of running.splice(0)) await postgres.end();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  logged.length = 0;
});

describe('Postgres', () => {
  it('keeps its data after a restart, and leaves no process or socket behind', async () => {
    const dataDir = await newDataDir();
    const first = await startPostgres({ dataDir, log: () => undefined });
    await query(first.connection, 'CREATE TABLE kept AS SELECT 42 AS n');
    const pid = await serverPid(dataDir);
    await first.end();
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
    await expect(stat(first.connection.host)).rejects.toThrow(/ENOENT/);

    const second = await start(dataDir);
    expect(await query(second.connection, 'SELECT n FROM kept')).toEqual([[42]]);
  });

  it('listens only on a socket that other users cannot reach, not on the network', async () => {
    const { connection } = await start(await newDataDir());
    expect(await query(connection, 'SHOW listen_addresses')).toEqual([['']]);
    const { mode, uid } = await stat(connection.host);
    expect([mode & 0o077, uid]).toEqual([0, process.getuid?.()]);
  });

  it("gets none of this process's environment variables except PATH, but those that are given", async () => {
    process.env.ERRAND_TEST_SECRET = 'secret';
    const { connection } = await start(await newDataDir(), { PGTZ: 'UTC' });
    delete process.env.ERRAND_TEST_SECRET;
    await query(connection, 'CREATE TABLE variables (line text)');
    await query(connection, `COPY variables FROM PROGRAM 'env'`);
    const variables = (await query(connection, 'SELECT line FROM variables')).map(([line]) => String(line));
    const names = variables.map((variable) => variable.split('=')[0] ?? '');
    expect(names).toEqual(expect.arrayContaining(['PATH', 'PGTZ']));
    expect(names).not.toContain('ERRAND_TEST_SECRET');
  });

  it('sorts like Aurora, uses UTC, and acknowledges a commit only when the kernel has it', async () => {
    const { connection } = await start(await newDataDir());
    expect(await query(connection, `SELECT 'a' < 'B', 'Z' > 'b'`)).toEqual([[true, true]]);
    expect(
      await query(connection, `SELECT current_setting('timezone'), current_setting('synchronous_commit')`),
    ).toEqual([['UTC', 'on']]);
  });

  it('is restarted after a crash, with all committed rows', async () => {
    const dataDir = await newDataDir();
    const { connection } = await start(dataDir);
    await query(connection, 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n');
    process.kill(await serverPid(dataDir), 'SIGKILL');

    while (logged.length === 0) await new Promise(setImmediate);
    let rows: unknown[][] | undefined;
    while (!rows) rows = await query(connection, 'SELECT count(*)::int FROM kept').catch(() => undefined);
    expect(rows).toEqual([[1000]]);
    expect(logged).toEqual(['Postgres ended unexpectedly (SIGKILL); restarting it']);
  });

  it('exits by itself when the process that started it is killed', async () => {
    const dataDir = await newDataDir();
    const other = await startElsewhere(dataDir);
    await query(other.connection, 'CREATE TABLE kept AS SELECT 42 AS n');
    await other.kill();
    await untilShutDown(dataDir);

    const { connection } = await start(dataDir);
    expect(await query(connection, 'SELECT n FROM kept')).toEqual([[42]]);
  });

  it('starts immediately after a kill -9 of all processes, with all committed rows', async () => {
    const dataDir = await newDataDir();
    const other = await startElsewhere(dataDir);
    await query(other.connection, 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n');
    process.kill(await serverPid(dataDir), 'SIGKILL');
    await other.kill();

    const { connection } = await start(dataDir);
    expect(await query(connection, 'SELECT count(*)::int FROM kept')).toEqual([[1000]]);
  });

  it('stops a server left behind by an earlier run', async () => {
    const dataDir = await newDataDir();
    const other = await startElsewhere(dataDir);
    await query(other.connection, 'CREATE TABLE kept AS SELECT 42 AS n');
    process.kill(watcherPid(other.connection.host), 'SIGKILL');
    await other.kill();
    expect(await query(other.connection, 'SELECT n FROM kept')).toEqual([[42]]);

    const { connection } = await start(dataDir);
    expect(await query(connection, 'SELECT n FROM kept')).toEqual([[42]]);
    await expect(query(other.connection, 'SELECT 1')).rejects.toThrow(/ENOENT/);
  });

  it('ignores another program’s process, even if the lock file contains its ID', async () => {
    const dataDir = await newDataDir();
    const lock = [process.pid, path.join(dataDir, 'postgres'), '0', '5432', '/nowhere', '', '', 'ready', ''];
    await writeFile(path.join(dataDir, 'postgres', 'postmaster.pid'), lock.join('\n'));

    const { connection } = await start(dataDir);
    expect(await query(connection, 'SELECT 1')).toEqual([[1]]);
  });

  it('refuses a data folder that another Errand is using', async () => {
    const dataDir = await newDataDir();
    const { connection } = await start(dataDir);
    await expect(start(dataDir)).rejects.toThrow(
      /is in use by another Errand \(its Postgres is process \d+\)/,
    );
    expect(await query(connection, 'SELECT 1')).toEqual([[1]]);
  });

  it('starts over if the first startup was killed midway', async () => {
    const dataDir = await newFolder();
    folders.push(dataDir);
    await mkdir(path.join(dataDir, 'postgres.unfinished', 'base'), { recursive: true });
    const { connection } = await start(dataDir);
    expect(await query(connection, 'SELECT 1')).toEqual([[1]]);
  });

  it.each([
    ['whose control file is empty', (folder: string) => truncate(path.join(folder, 'global', 'pg_control'))],
    ['without a write-ahead log', (folder: string) => rm(path.join(folder, 'pg_wal'), { recursive: true })],
    ['from another version', (folder: string) => writeFile(path.join(folder, 'PG_VERSION'), '12\n')],
    ['with other files in it', (folder: string) => rm(path.join(folder, 'PG_VERSION'))],
  ])('reports a data folder %s and the remedy in one line', async (_, damage) => {
    const dataDir = await newDataDir();
    const folder = path.join(dataDir, 'postgres');
    await damage(folder);

    const failure = await start(dataDir).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    expect(failure?.message).toMatch(/^Postgres cannot use its data folder .*: .*delete it to start afresh/);
    expect(failure?.message).toContain(folder);
    expect(failure?.message).not.toContain('\n');
  });
});

it('Postgres creates its data even if its executables are in a folder that other users cannot enter, such as one under /root', async () => {
  const folder = await newFolder();
  folders.push(folder);
  const installed = findPostgresBinaries();
  execFileSync('cp', ['-a', installed.home, path.join(folder, 'native')]);
  const [initdb, postgres] = ['initdb', 'postgres'].map((name) => path.join(folder, 'native', 'bin', name));
  const binaries = { home: path.join(folder, 'native'), initdb: initdb ?? '', postgres: postgres ?? '' };
  const clusterDir = path.join(folder, 'postgres');
  await ensureDataFolder(clusterDir, binaries, chooseServerAccount(clusterDir));
  expect(existsSync(path.join(clusterDir, 'PG_VERSION'))).toBe(true);
});
