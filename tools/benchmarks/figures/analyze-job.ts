import { openAsBlob } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openErrand, type ErrandService } from '../contenders/errand.ts';
import { openHttpClient, type HttpClient } from '../http-client.ts';
import { writeLargeLog, type LargeLog } from '../large-log.ts';
import type { Probe } from '../probe.ts';
import { peakMemoryBytes } from '../processes.ts';

const BYTES = 300_000_000;

export const PATTERNS = ['ERROR', 'WARN'] as const;

/** The polling interval, in milliseconds. Polling this rarely does not slow down the worker. */
const POLL_MS = 50;

interface Job {
  readonly job_id: string;
  readonly status: string;
  readonly message: string | null;
  readonly result: unknown;
  readonly start_time: string | null;
  readonly end_time: string | null;
}

/** Measures an `analyze` job that reads its file from the embedded S3. */
export const analyzeJobProbe: Probe = {
  name: 'analyze-job',
  rounds: 9,
  reads: {
    speed: { what: 'analyze as a job, over the embedded S3', unit: 'MB/s', better: 'higher' },
    memory: {
      what: 'analyze as a job: most memory of the worker',
      unit: 'MB',
      better: 'lower',
      target: { atMost: 200 },
    },
  },
  async open(project, { quick, signal }) {
    await using opened = new AsyncDisposableStack();
    const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-bench-log-'));
    opened.defer(() => rm(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'app.log');
    const log = await writeLargeLog(file, quick ? BYTES / 20 : BYTES);
    const errand = opened.use(await openErrand(project.folder, { JOB_TIMEOUT: '300' }));
    const service = await errand.start(signal);
    opened.defer(() => service.end());
    const client = openHttpClient(service.url, 1);
    opened.defer(() => {
      client.end();
    });
    const key = await upload(client, file, log.bytes);
    // The first job is a warm-up, which starts the worker.
    await secondsOf(client, key, log);
    const owned = opened.move();
    return {
      async measure() {
        const speed = log.bytes / 1e6 / (await secondsOf(client, key, log));
        return { speed, memory: (await peakOfWorker(service)) / 1e6 };
      },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  },
};

/** Runs a job, and returns its recorded run time in seconds. */
async function secondsOf(client: HttpClient, file: string, expected: LargeLog): Promise<number> {
  let job = await client.call<Job>('POST', '/v1/jobs', {
    type: 'analyze',
    payload: { file, patterns: PATTERNS },
  });
  while (job.end_time === null) {
    await wait(POLL_MS);
    job = await client.call<Job>('GET', `/v1/jobs/${job.job_id}`);
  }
  if (job.status !== 'success') throw new Error(`The job ended as ${job.status}: ${job.message ?? ''}`);
  requireCounts(job.result, expected);
  return (Date.parse(job.end_time) - Date.parse(job.start_time ?? '')) / 1000;
}

async function upload(client: HttpClient, file: string, bytes: number): Promise<string> {
  const form = new FormData();
  const target = await client.call<{ file: string; url: string; fields: Record<string, string> }>(
    'POST',
    '/v1/uploads',
    { bytes },
  );
  for (const [name, value] of Object.entries(target.fields)) form.append(name, value);
  form.append('file', await openAsBlob(file));
  const response = await fetch(target.url, { method: 'POST', body: form });
  if (!response.ok) throw new Error(`The upload was refused: ${await response.text()}`);
  return target.file;
}

async function peakOfWorker({ awsEndpointUrl }: ErrandService): Promise<number> {
  const response = await fetch(`${awsEndpointUrl}/_errand/sandboxes`);
  const { sandboxes } = (await response.json()) as { sandboxes: { function: string; pid: number }[] };
  const workers = sandboxes.filter((sandbox) => sandbox.function.includes('WorkerFunction'));
  return Math.max(...(await Promise.all(workers.map(({ pid }) => peakMemoryBytes(pid)))));
}

/** @throws Error unless the result of `analyze` has these counts */
export function requireCounts(result: unknown, { lines, levels }: LargeLog): void {
  const { counts, lines: counted } = result as { counts: Record<string, number>; lines: number };
  requireSame(counted, lines);
  for (const pattern of PATTERNS) requireSame(counts[pattern], levels[pattern]);
}

export function requireSame(actual: number | undefined, expected: number | undefined): void {
  if (actual !== expected)
    throw new Error(`Counted ${actual ?? 'nothing'} instead of ${expected ?? 'nothing'}.`);
}
