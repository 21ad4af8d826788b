import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../helpers/free-port.ts';
import { PROJECT } from '../helpers/stack.ts';
import type { Python } from './install.ts';

/** How long a server may take to respond, in milliseconds. On two busy cores, MiniStack takes 5 s. */
const START_MS = 60_000;

export interface PythonServer {
  readonly url: string;
  /** Stops the server and its child processes. */
  end(): Promise<void>;
}

export interface PythonServerProps {
  readonly name: string;
  readonly python: Python;
  /** Returns the command-line arguments for Python, given the server's port. */
  readonly words: (port: number) => readonly string[];
  /** Given the server's port, returns additional environment variables. Python's variables, PATH, HOME and TMPDIR are always set. */
  readonly environment: (port: number) => Readonly<Record<string, string>>;
  /** The path that returns 200 once the server is up. */
  readonly healthPath: string;
  /** The working folder, which contains the server's files, including its log. */
  readonly dir: string;
}

/**
 * Starts a server on a free port on 127.0.0.1, and waits until it responds.
 *
 * @throws Error with the server's log, if the server exits or does not respond
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
    // The server gets its own process group, so that one signal also reaches its child processes.
    detached: true,
    cwd: dir,
    stdio: ['ignore', log.fd, log.fd],
    env: {
      ...python.environment,
      // Functions run with the first `node` in PATH: the project's Node, which has the Lambda runtime's version.
      PATH: `${path.join(PROJECT, 'node_modules/.bin')}:${process.env.PATH ?? ''}`,
      HOME: dir,
      TMPDIR: temporary,
      ...environment(port),
    },
  });
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`${name} exited with ${String(code)}.`));
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
    if (performance.now() > giveUpAt) throw new Error(`${name} does not respond at ${url}.`);
    await wait(100);
  }
}

/** How long a server may take to exit, in milliseconds. */
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
    // The server's child processes may still be running.
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
