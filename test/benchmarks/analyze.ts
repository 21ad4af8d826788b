import { execFile } from 'node:child_process';
import { createReadStream, openAsBlob } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { analyze } from '../../lambdas/handlers/analyze.ts';
import type { OpenFile } from '../../lambdas/job/ports.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { sandboxesOf } from '../helpers/embedded.ts';
import { writeLargeLog, type LargeLog } from '../helpers/large-log.ts';
import { createRecordingLog } from '../helpers/recording-log.ts';
import { sendForm, type UploadView } from '../helpers/upload.ts';

// `npm run bench:analyze`: how fast the job type analyze counts two patterns in a log of 1 GB, beside `grep -c` of one of
// them on the same file. The three take turns, so that what else the machine does falls on each of them.

const BYTES = 1_000_000_000;
const ROUNDS = 5;
const PATTERNS = ['ERROR', 'WARN'] as const;

const folder = await mkdtemp(path.join(tmpdir(), 'errand-bench-'));
const file = path.join(folder, 'app.log');
const log = await writeLargeLog(file, BYTES);
const cloud = await startCloud({ JOB_TIMEOUT: '300' });
try {
  const key = await upload(cloud, log.bytes);
  const runs = {
    'grep -c': () => grep(log),
    'analyze, from a file': () => analyzeFile(log),
    'analyze, a job over S3': () => analyzeJob(cloud, key, log),
  };
  const seconds = new Map(Object.keys(runs).map((name) => [name, [] as number[]]));
  // One round to warm up: the file comes into memory, the worker starts.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, run] of Object.entries(runs)) {
      const took = await run();
      if (round > 0) seconds.get(name)?.push(took);
    }
  }
  report(log, seconds);
  print(`peak memory of the worker's process: ${await peakOf(cloud)}`);
} finally {
  await cloud.end();
  await rm(folder, { recursive: true });
}

/** Seconds that `grep` takes, on bytes rather than characters, which is faster. */
async function grep({ levels }: LargeLog): Promise<number> {
  const startedAt = performance.now();
  const env = { ...process.env, LC_ALL: 'C' };
  const { stdout } = await promisify(execFile)('grep', ['-c', PATTERNS[0], file], { env });
  requireSame(Number(stdout), levels.ERROR);
  return (performance.now() - startedAt) / 1000;
}

/** Seconds that the handler takes over the file itself: the scanner without S3. */
async function analyzeFile(expected: LargeLog): Promise<number> {
  const startedAt = performance.now();
  const open = (): Promise<OpenFile> =>
    Promise.resolve({ bytes: expected.bytes, stream: createReadStream(file) });
  const result = await analyze.run(
    { file: 'app.log', patterns: PATTERNS },
    {
      jobId: 'benchmark',
      attempt: 1,
      signal: new AbortController().signal,
      log: createRecordingLog(),
      files: { open },
      progress: () => undefined,
    },
  );
  requireCounts(result, expected);
  return (performance.now() - startedAt) / 1000;
}

/** Seconds from the start to the end of a job, as its worker recorded them. */
async function analyzeJob({ api }: Cloud, key: string, expected: LargeLog): Promise<number> {
  const { job_id: jobId } = await api.submit({ type: 'analyze', payload: { file: key, patterns: PATTERNS } });
  for (;;) {
    const { body } = await api.call<Record<string, string>>('GET', `/v1/jobs/${jobId}?wait=25`);
    if (body.status === 'failed') throw new Error(`The job failed: ${body.message ?? ''}`);
    if (body.status !== 'success') continue;
    requireCounts(body.result, expected);
    return (Date.parse(body.end_time ?? '') - Date.parse(body.start_time ?? '')) / 1000;
  }
}

async function upload({ api }: Cloud, bytes: number): Promise<string> {
  const { body } = await api.call<UploadView>('POST', '/v1/uploads', { bytes });
  const { status, text } = await sendForm(body, await openAsBlob(file));
  if (status !== 204) throw new Error(`The upload was refused: ${text}`);
  return body.file;
}

function requireCounts(result: unknown, { lines, levels }: LargeLog): void {
  const { counts, lines: counted } = result as { counts: Record<string, number>; lines: number };
  requireSame(counted, lines);
  for (const pattern of PATTERNS) requireSame(counts[pattern], levels[pattern]);
}

function requireSame(actual: number | undefined, expected: number | undefined): void {
  if (actual !== expected)
    throw new Error(`Counted ${actual ?? 'nothing'} instead of ${expected ?? 'nothing'}.`);
}

function report({ bytes }: LargeLog, seconds: ReadonlyMap<string, number[]>): void {
  const speedOf = (name: string): number => bytes / 1e6 / median(seconds.get(name) ?? []);
  for (const name of seconds.keys()) {
    const speed = speedOf(name);
    const share = (speed / speedOf('grep -c')).toFixed(2);
    print(`${name.padEnd(24)}${speed.toFixed(0).padStart(6)} MB/s   ${share} of grep -c`);
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** The most memory that any process of the worker ever had; only Linux tells. */
async function peakOf(running: Cloud): Promise<string> {
  if (process.platform !== 'linux') return 'not known on this system';
  const sandboxes = await sandboxesOf(running, running.output('WorkerFunctionName'));
  const peaks = await Promise.all(
    sandboxes.map(async ({ pid }) =>
      Number(/^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]),
    ),
  );
  return `${Math.round(Math.max(...peaks) / 1000)} MB`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
