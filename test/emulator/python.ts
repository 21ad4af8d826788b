import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { PROJECT } from '../helpers/stack.ts';
import { run } from './commands.ts';

/** How long a server may take until it answers. On two busy cores MiniStack takes five seconds. */
const START_MS = 60_000;

/** A Python that finds what was installed for it. */
export interface Python {
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Installs a package from PyPI below `node_modules/.cache`, once for each version: in a virtual environment, or in a folder of its
 * own where Python comes without `venv`, as Debian's does.
 *
 * @param requirement such as `ministack[full]==1.5.33`
 * @throws Error where there is no Python of 3.10 or later with pip
 */
export async function installPython(requirement: string, signal: AbortSignal): Promise<Python> {
  const folder = path.join(PROJECT, 'node_modules/.cache/errand', requirement.replaceAll(/[^\w.]+/g, '-'));
  const venv: Python = { command: path.join(folder, 'venv/bin/python'), environment: {} };
  const target: Python = { command: 'python3', environment: { PYTHONPATH: path.join(folder, 'packages') } };
  // Written last: what was interrupted is never taken for whole.
  const done = path.join(folder, 'installed');
  const before = await readFile(done, 'utf8').catch(() => undefined);
  if (before === 'venv') return venv;
  if (before === 'packages') return target;

  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const hasVenv = await run('python3', ['-m', 'venv', path.join(folder, 'venv')], process.env, signal).then(
    () => true,
    () => false,
  );
  try {
    if (hasVenv) await run(venv.command, [...install, requirement], process.env, signal);
    else {
      const where = ['--target', path.join(folder, 'packages')];
      await run(target.command, [...install, ...where, requirement], process.env, signal);
    }
  } catch (cause) {
    throw new Error(
      `${requirement} can't be installed: it takes python3 of version 3.10 or later with pip, and PyPI. ${String(cause)}`,
      { cause },
    );
  }
  await writeFile(done, hasVenv ? 'venv' : 'packages');
  return hasVenv ? venv : target;
}

export interface PythonServer {
  readonly url: string;
  /** Ends it and the processes that it started. */
  end(): Promise<void>;
}

export interface PythonServerProps {
  readonly name: string;
  readonly python: Python;
  /** What follows `python`, once its port is known. */
  readonly words: (port: number) => readonly string[];
  /** Its whole environment but for what Python needs. */
  readonly environment: (port: number) => Readonly<Record<string, string>>;
  /** What it answers with 200 as soon as it is up. */
  readonly healthPath: string;
  /** Where it runs, and what it writes is kept: its log among it. */
  readonly dir: string;
}

/**
 * Starts a server on a free port of 127.0.0.1, and waits until it answers.
 *
 * @throws Error with its log, where it ends or does not answer
 */
export async function startPythonServer(props: PythonServerProps): Promise<PythonServer> {
  const { name, python, words, environment, healthPath, dir } = props;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const logFile = path.join(dir, 'server.log');
  const temporary = path.join(dir, 'tmp');
  await mkdir(temporary, { recursive: true });
  const log = await open(logFile, 'w');
  const child = spawn(python.command, words(port), {
    // A group of its own, so that one signal reaches the processes that it starts as well.
    detached: true,
    cwd: dir,
    stdio: ['ignore', log.fd, log.fd],
    env: {
      ...python.environment,
      // Functions run with the first `node` here: that of the project, which is the runtime's version.
      PATH: `${path.join(PROJECT, 'node_modules/.bin')}:${process.env.PATH ?? ''}`,
      HOME: dir,
      TMPDIR: temporary,
      ...environment(port),
    },
  });
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`${name} ended with ${String(code)}.`));
    });
  });
  failed.catch(() => undefined);
  const server: PythonServer = {
    url,
    async end() {
      await endGroup(child);
      await log.close();
    },
  };
  try {
    await Promise.race([failed, answers(name, url + healthPath)]);
    return server;
  } catch (error) {
    await server.end();
    throw new Error(await readFile(logFile, 'utf8'), { cause: error });
  }
}

async function answers(name: string, url: string): Promise<void> {
  const giveUpAt = performance.now() + START_MS;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    if (performance.now() > giveUpAt) throw new Error(`${name} does not answer on ${url}.`);
    await wait(100);
  }
}

/** A port that nobody listens on: a server must know its own beforehand. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** How long a server may take to end by itself. */
const END_MS = 5_000;

async function endGroup(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await Promise.race([exited, wait(END_MS, undefined, { ref: false })]);
  }
  try {
    // The processes that it started do not end with it.
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
