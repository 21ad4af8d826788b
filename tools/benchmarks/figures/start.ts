import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { synthEnvironment } from '../../../test/helpers/stack.ts';
import type { Figure, RunOptions } from '../figure.ts';
import { openHttpClient } from '../http-client.ts';
import { memoryBytes } from '../processes.ts';
import { interleave } from '../rounds.ts';

const PROJECT = path.resolve(import.meta.dirname, '../../..');

/** How long the cloud is left alone before its memory is looked at: garbage collectors work when nothing else does. */
const REST_MS = 3_000;

/** `npm start`, from the command to the line that says Ready, and the memory of all its processes then. */
export const start: Figure = {
  name: 'start',
  async measure(options) {
    const measured = (await interleave({ Errand: () => twoStarts(options) }, options)).get('Errand');
    const reading = (key: string, what: string, unit: string) => {
      const summary = measured?.get(key);
      if (!summary) throw new Error(`Not measured: ${what}.`);
      return { what, subject: 'Errand', unit, summary };
    };
    return [
      reading('first', 'npm start to ready, first start', 's'),
      { ...reading('second', 'npm start to ready, second start', 's'), target: { atMost: 6 } },
      {
        ...reading('memory', 'memory of the idle embedded cloud, one job run', 'MB'),
        target: { atMost: 400 },
      },
    ];
  },
};

async function twoStarts({ quick, signal }: RunOptions): Promise<Readonly<Record<string, number>>> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'errand-bench-'));
  try {
    const first = await npmStart(dataDir, signal);
    await first.end();
    const second = await npmStart(dataDir, signal);
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

/** @throws Error with what it printed, where it ended before it was ready */
async function npmStart(dataDir: string, signal: AbortSignal) {
  signal.throwIfAborted();
  const startedAt = performance.now();
  const npm = spawn('npm', ['start'], {
    cwd: PROJECT,
    env: {
      ...synthEnvironment({}),
      CDK_VALIDATION: 'true', // as it is for users
      PORT: '0',
      ERRAND_AWS_PORT: '0',
      // The default has the port in it, which is another one each time: no stack would be the same as the last.
      MESSAGES_URL: 'http://127.0.0.1:9/messages',
      ERRAND_DATA_DIR: dataDir,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const { pid } = npm;
  if (pid === undefined) throw new Error('npm cannot be started.');
  const exited = once(npm, 'close'); // and with it all that it started
  // npm would pass the signal on to its shell alone.
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
      reject(new Error(`npm start ended before it was ready:\n${printed}`));
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
