import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { assembliesIn } from '../../helpers/assemblies.ts';
import { cloudOf, type Cloud } from '../../helpers/cloud.ts';
import type { EmbeddedOptions } from '../../helpers/embedded-stack.ts';
import { copyClusterOfService } from '../../helpers/migrated-cluster.ts';
import { processesOf } from '../../helpers/processes-of.ts';
import { fixedPort } from './fixed-port.ts';
import { createMovableClocks, type MovableClocks } from './movable-clocks.ts';
import type { Action, Readiness, Reply, StartOptions } from './protocol.ts';

/** An embedded cloud in its own process. The cloud keeps its URLs and data when it is killed and restarted. */
export interface KillableCloud extends Cloud {
  /** Kills all of the cloud's processes with SIGKILL, and restarts the cloud. Resolves when the cloud is ready. */
  killAndRestart(): Promise<void>;
  /** Kills PostgreSQL's main process with SIGKILL. The embedded cloud restarts PostgreSQL. */
  killPostgres(): Promise<void>;
  /** @param bytes the free disk space; if undefined, the disk never counts as full */
  setFreeBytes(bytes?: number): Promise<void>;
  /** Moves one of the cloud's clocks. */
  moveClock: MovableClocks['move'];
}

/** How long a graceful shutdown may take, in milliseconds. */
const END_MS = 20_000;

const PROCESS = path.join(import.meta.dirname, 'process.ts');

/** Synthesizes the stack with these settings, and starts the cloud. The caller must end it. */
export async function startKillableCloud(
  settings: Record<string, string>,
  options: Pick<EmbeddedOptions, 'app' | 'edit'>,
): Promise<KillableCloud> {
  const clocks = await createMovableClocks();
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-chaos-'));
  const logs: string[] = [];
  try {
    await copyClusterOfService(dataDir);
    const assemblyOf = assembliesIn(dataDir, { app: options.app, edit: options.edit });
    let deployed = await assemblyOf(settings);
    const ports = { httpPort: await fixedPort(), awsPort: await fixedPort() };
    const { cloud: functionVariables, database: postgresVariables } = clocks.variables;
    const start = () =>
      startProcess(
        { assemblyDir: deployed, dataDir, ...ports, functionVariables, postgresVariables },
        clocks.variables.cloud,
        logs,
      );
    let running = await start();

    const cloud = cloudOf({
      ...running.readiness,
      logs,
      async redeploy(changed) {
        const assemblyDir = await assemblyOf(changed);
        await running.ask({ action: 'deploy', assemblyDir });
        deployed = assemblyDir;
      },
      async end() {
        // Limits the wait, because the cloud can't shut down properly if its process has died or is stuck.
        const ended = running.ask({ action: 'end' }).catch(() => undefined);
        await Promise.race([ended, wait(END_MS, undefined, { ref: false })]);
        await running.kill(dataDir);
        await clocks.end();
        await rm(dataDir, { recursive: true, force: true });
      },
    });
    return {
      ...cloud,
      async killAndRestart() {
        await running.kill(dataDir);
        running = await start();
      },
      async killPostgres() {
        const file = await readFile(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8');
        process.kill(Number(file.split('\n')[0]), 'SIGKILL');
      },
      setFreeBytes: (bytes) =>
        running.ask({ action: 'set-free-bytes', ...(bytes !== undefined && { bytes }) }),
      moveClock: (clock, seconds) => clocks.move(clock, seconds),
    };
  } catch (error) {
    await clocks.end();
    await rm(dataDir, { recursive: true, force: true });
    throw new Error(`${String(error)}\n${logs.join('\n')}`, { cause: error });
  }
}

/** The embedded cloud's process, once the cloud is ready. */
interface RunningProcess {
  readonly readiness: Readiness;
  /** Sends a request to the process. @throws Error if the request fails, or the process ends before replying */
  ask(action: Action): Promise<void>;
  /** Kills all processes that use the data folder. Resolves when the cloud's main process has ended. */
  kill(dataDir: string): Promise<void>;
}

async function startProcess(
  options: StartOptions,
  variables: Readonly<Record<string, string>>,
  logs: string[],
): Promise<RunningProcess> {
  const child = fork(PROCESS, [JSON.stringify(options)], {
    execArgv: process.execArgv,
    env: { ...process.env, ...variables },
    // A detached process does not receive Ctrl-C, so only the chaos run ends this process.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const exited = once(child, 'exit');
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface({ input: stream }).on('line', (line) => logs.push(line));
  const readiness = await Promise.race([
    once(child, 'message').then(([message]) => message as Readiness),
    exited.then(() => Promise.reject(new Error('The embedded cloud ended before it was ready.'))),
  ]);
  return {
    readiness,
    ask: askerOf(child),
    async kill(dataDir) {
      // All processes are killed at the same time. Otherwise, PostgreSQL would notice that the main process has died, and shut down properly.
      killAll([...(child.pid === undefined ? [] : [child.pid]), ...processesOf(dataDir)]);
      if (child.exitCode === null && child.signalCode === null) await exited;
      killAll(processesOf(dataDir));
    },
  };
}

function askerOf(child: ChildProcess): (action: Action) => Promise<void> {
  let lastId = 0;
  const waiting = new Map<number, PromiseWithResolvers<undefined>>();
  child.on('message', ({ id, error }: Reply) => {
    if (error === undefined) waiting.get(id)?.resolve(undefined);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('The embedded cloud was killed.'));
  });
  return async (action) => {
    if (!child.connected) throw new Error('The embedded cloud has no process.');
    lastId += 1;
    const reply = Promise.withResolvers<undefined>();
    waiting.set(lastId, reply);
    child.send({ ...action, id: lastId });
    await reply.promise;
  };
}

/** Kills processes. Some of them may already have ended. */
function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
