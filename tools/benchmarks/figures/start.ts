import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { figureOf } from '../figure.ts';
import { openHttpClient } from '../http-client.ts';
import type { Probe } from '../probe.ts';
import { memoryBytes } from '../processes.ts';
import type { RunOptions } from '../rounds.ts';

/** The idle time before the cloud's memory is measured, in milliseconds, during which the garbage collectors run. */
const REST_MS = 3_000;

/** Measures the time from the `npm start` command to the Ready line, and then the memory of all its processes. */
const startProbe: Probe = {
  name: 'start',
  rounds: 5,
  reads: {
    first: { what: 'npm start to ready, first start', unit: 's', better: 'lower' },
    second: {
      what: 'npm start to ready, second start',
      unit: 's',
      better: 'lower',
      target: { atMost: 6 },
    },
    memory: {
      what: 'memory of the idle embedded cloud, one job run',
      unit: 'MB',
      better: 'lower',
      target: { atMost: 400 },
    },
  },
  open: (project, options) =>
    Promise.resolve({
      measure: () => twoStarts(project.folder, options),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
};

export const start = figureOf('start', [startProbe]);

async function twoStarts(
  project: string,
  { quick, signal }: RunOptions,
): Promise<Readonly<Record<string, number>>> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-bench-'));
  try {
    const first = await npmStart(project, dataDir, signal);
    await first.end();
    const second = await npmStart(project, dataDir, signal);
    try {
      const client = openHttpClient(second.url, 1);
      const { job_id: id } = await client.call<{ job_id: string }>('POST', '/v1/jobs', {
        payload: { seconds: 0 },
      });
      await client.call('GET', `/v1/jobs/${id}?wait=20`);
      client.end();
      await wait(quick ? 0 : REST_MS, undefined, { signal });
      return {
        first: first.seconds,
        second: second.seconds,
        memory: (await memoryBytes([second.pid])) / 1e6,
      };
    } finally {
      await second.end();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** @throws Error with the command's output if the command ends before the service is ready */
async function npmStart(project: string, dataDir: string, signal: AbortSignal) {
  signal.throwIfAborted();
  const startedAt = performance.now();
  const npm = spawn('npm', ['start'], {
    cwd: project,
    env: {
      PATH: process.env.PATH,
      HOME: os.homedir(),
      PORT: '0',
      ERRAND_AWS_PORT: '0',
      // The default URL contains the port, which differs from start to start. With a fixed URL, a start can reuse the synthesized stack.
      MESSAGES_URL: 'http://127.0.0.1:9/messages',
      ERRAND_DATA_DIR: dataDir,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const { pid } = npm;
  if (pid === undefined) throw new Error('npm cannot be started.');
  const exited = once(npm, 'close'); // 'close' is emitted once npm and all its child processes have closed the output
  // Signals the whole process group, because npm would forward the signal only to its shell.
  const stop = (): void => {
    process.kill(-pid, 'SIGTERM');
  };
  signal.addEventListener('abort', stop, { once: true });
  let printed = '';
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      printed += chunk.toString();
      const match = /Ready in .*?: (http:\S+)/.exec(printed);
      if (match?.[1]) resolve(match[1]);
    };
    npm.stdout.on('data', hear);
    npm.stderr.on('data', hear);
    exited.then(() => {
      reject(new Error(`npm start exited before it was ready:\n${printed}`));
    }, reject);
  });
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    url,
    pid,
    seconds,
    async end() {
      signal.removeEventListener('abort', stop);
      if (npm.exitCode === null && npm.signalCode === null) stop();
      await exited;
    },
  };
}
