import { execFile } from 'node:child_process';
import { closeSync, createReadStream, openAsBlob, openSync, readSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { analyze as analyzeType } from '../../../lambdas/handlers/analyze.ts';
import { createScanner } from '../../../lambdas/handlers/analyze/scanner.ts';
import type { OpenFile } from '../../../lambdas/job/ports.ts';
import { startCloud, type Cloud } from '../../helpers/cloud.ts';
import { sandboxesOf } from '../../helpers/embedded.ts';
import { writeLargeLog, type LargeLog } from '../../helpers/large-log.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { sendForm, type UploadView } from '../../helpers/upload.ts';
import type { Figure, Reading } from '../figure.ts';
import { peakMemoryBytes } from '../processes.ts';
import { interleave } from '../rounds.ts';
import { summarize } from '../statistics.ts';

const BYTES = 1_000_000_000;
const PATTERNS = ['ERROR', 'WARN'] as const;

/** What the scanner alone reads at a time, in bytes: it stays in the processor's cache. */
const READ_BYTES = 128 * 1024;

/**
 * The job type `analyze` on a log of 1 GB, beside `grep -cE` for the same two patterns and `grep -c` for one of them, on the
 * same file.
 */
export const analyze: Figure = {
  name: 'analyze',
  async measure(options) {
    const { quick, tell } = options;
    await using ended = new AsyncDisposableStack();
    const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-bench-'));
    ended.defer(() => rm(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'app.log');
    tell('writing the log');
    const log = await writeLargeLog(file, quick ? BYTES / 20 : BYTES);
    const cloud = await startCloud({ JOB_TIMEOUT: '300' });
    ended.defer(() => cloud.end());
    const key = await upload(cloud, file, log.bytes);
    const speedOf = (run: () => Promise<number>) => async () => ({
      speed: log.bytes / 1e6 / (await run()),
    });
    const subjects = {
      'grep -cE': speedOf(() => grep(file, log)),
      'grep -c': speedOf(() => grepOne(file, log)),
      scanner: speedOf(() => Promise.resolve(scanFile(file, log))),
      Errand: speedOf(() => analyzeFile(file, log)),
      'Errand over S3': speedOf(() => analyzeJob(cloud, key, log)),
    };
    // Once before it counts: the file comes into memory, the worker starts.
    for (const warmUp of Object.values(subjects)) await warmUp();
    const speeds = await interleave(subjects, options);
    const rounds = (subject: string): readonly number[] => speeds.get(subject)?.get('speed')?.rounds ?? [];
    const share = (one: string, other: string): number[] =>
      rounds(one).map((speed, round) => speed / (rounds(other)[round] ?? NaN));
    const peak = (await peakOfWorker(cloud)) / 1e6;
    const what = 'analyze, two patterns, 1 GB';
    const row = (name: string, subject: string, unit: string, values: readonly number[]): Reading => ({
      what: name,
      subject,
      unit,
      summary: summarize(values),
    });
    return [
      { ...row(what, 'Errand', 'MB/s', rounds('Errand')), target: { atLeast: 900 } },
      row(what, 'grep -cE', 'MB/s', rounds('grep -cE')),
      {
        ...row('analyze, as a share of grep -cE', 'Errand', '×', share('Errand', 'grep -cE')),
        target: { atLeast: 0.5 },
      },
      row('the scanner of analyze alone', 'Errand', 'MB/s', rounds('scanner')),
      row('the scanner of analyze alone', 'grep -c of one pattern', 'MB/s', rounds('grep -c')),
      {
        ...row(
          'the scanner, as a share of grep -c of one pattern',
          'Errand',
          '×',
          share('scanner', 'grep -c'),
        ),
        target: { atLeast: 0.5 },
      },
      row('analyze as a job, over the embedded S3', 'Errand', 'MB/s', rounds('Errand over S3')),
      {
        ...row('analyze as a job: most memory of the worker', 'Errand', 'MB', [peak]),
        target: { atMost: 200 },
      },
    ];
  },
};

/** Seconds that `grep` takes for the lines with either pattern, on bytes rather than characters, which is faster. */
async function grep(file: string, { levels }: LargeLog): Promise<number> {
  const startedAt = performance.now();
  const env = { ...process.env, LC_ALL: 'C' };
  const { stdout } = await promisify(execFile)('grep', ['-cE', PATTERNS.join('|'), file], { env });
  const seconds = (performance.now() - startedAt) / 1000;
  requireSame(Number(stdout), (levels.ERROR ?? 0) + (levels.WARN ?? 0));
  return seconds;
}

/** Seconds that `grep` takes for the lines with one of the patterns. */
async function grepOne(file: string, { levels }: LargeLog): Promise<number> {
  const startedAt = performance.now();
  const env = { ...process.env, LC_ALL: 'C' };
  const { stdout } = await promisify(execFile)('grep', ['-c', PATTERNS[0], file], { env });
  requireSame(Number(stdout), levels.ERROR);
  return (performance.now() - startedAt) / 1000;
}

/** Seconds that the scanner takes for both patterns over the file, which is read as simply as can be: into one piece of memory. */
function scanFile(file: string, { levels }: LargeLog): number {
  const startedAt = performance.now();
  const scanner = createScanner(PATTERNS.map((pattern) => Buffer.from(pattern)));
  const piece = Buffer.allocUnsafe(READ_BYTES);
  const opened = openSync(file, 'r');
  for (let bytes = -1; bytes !== 0;) {
    bytes = readSync(opened, piece);
    scanner.add(piece.subarray(0, bytes));
  }
  closeSync(opened);
  const { counts } = scanner.end();
  const seconds = (performance.now() - startedAt) / 1000;
  for (const [index, pattern] of PATTERNS.entries()) requireSame(counts[index], levels[pattern]);
  return seconds;
}

/** Seconds that the handler takes for the file as a stream: the scanner without S3. */
async function analyzeFile(file: string, expected: LargeLog): Promise<number> {
  const open = (): Promise<OpenFile> =>
    Promise.resolve({ bytes: expected.bytes, stream: createReadStream(file) });
  const startedAt = performance.now();
  const result = await analyzeType.run(
    { file: 'app.log', patterns: PATTERNS },
    {
      jobId: 'benchmark',
      tenant: 'default',
      attempt: 1,
      signal: new AbortController().signal,
      log: createRecordingLog(),
      files: { open },
      progress: () => undefined,
    },
  );
  const seconds = (performance.now() - startedAt) / 1000;
  requireCounts(result, expected);
  return seconds;
}

/** Seconds from the start to the end of a job, as its worker recorded them. */
async function analyzeJob({ api }: Cloud, key: string, expected: LargeLog): Promise<number> {
  const { job_id: id } = await api.submit({ type: 'analyze', payload: { file: key, patterns: PATTERNS } });
  const { status, message, result, start_time, end_time } = await api.finished(id, 300_000);
  if (status !== 'success') throw new Error(`The job ended as ${status}: ${message ?? ''}`);
  requireCounts(result, expected);
  return (Date.parse(end_time ?? '') - Date.parse(start_time ?? '')) / 1000;
}

async function upload({ api }: Cloud, file: string, bytes: number): Promise<string> {
  const { body } = await api.call<UploadView>('POST', '/v1/uploads', { bytes });
  const { status, text } = await sendForm(body, await openAsBlob(file));
  if (status !== 204) throw new Error(`The upload was refused: ${text}`);
  return body.file;
}

async function peakOfWorker(cloud: Cloud): Promise<number> {
  const sandboxes = await sandboxesOf(cloud, cloud.output('WorkerFunctionName'));
  return Math.max(...(await Promise.all(sandboxes.map(({ pid }) => peakMemoryBytes(pid)))));
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
