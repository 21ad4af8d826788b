import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../helpers/free-port.ts';
import { PROJECT } from '../helpers/stack.ts';
import type { Python } from './install.ts';

/** How long a server may take until it answers. On two busy cores MiniStack takes five seconds. */
const START_MS = 60_000;

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
