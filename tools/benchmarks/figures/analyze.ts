import { execFile } from 'node:child_process';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { analyze as analyzeType } from '../../../lambdas/jobs/analyze/analyze.ts';
import { createMatchCounter } from '../../../lambdas/jobs/analyze/match-counter.ts';
import type { JobContext } from '../../../lambdas/job/job-context.ts';
import type { OpenFile } from '../../../lambdas/job/job-files.ts';
import { aboutOf, type Figure, type Reading } from '../figure.ts';
import { writeLargeLog, type LargeLog } from '../large-log.ts';
import { openProject, WORKING_TREE } from '../project.ts';
import { interleave } from '../rounds.ts';
import { summarize } from '../statistics.ts';
import { analyzeJobProbe, PATTERNS, requireCounts, requireSame } from './analyze-job.ts';

const BYTES = 1_000_000_000;

/** The size in bytes of the chunks in which {@link countInFile} reads the file. A chunk fits into the CPU cache. */
const READ_BYTES = 128 * 1024;

/**
 * Measures the `analyze` job type on a 1 GB log. Compares the job type with `grep -cE` for the same two patterns, and with `grep -c` for one of
 * the patterns.
 */
export const analyze: Figure = {
  name: 'analyze',
  about: `the analyze job type next to grep; ${aboutOf([analyzeJobProbe])}`,
  probes: [analyzeJobProbe],
  async measure(options) {
    const { quick, tell } = options;
    await using ended = new AsyncDisposableStack();
    const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-bench-'));
    ended.defer(() => rm(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'app.log');
    tell('writing the log');
    const log = await writeLargeLog(file, quick ? BYTES / 20 : BYTES);
    const project = ended.use(openProject('the working tree', WORKING_TREE, options.signal));
    const job = ended.use(await analyzeJobProbe.open(project, options));
    const speedOf = (run: () => Promise<number>) => async () => ({
      speed: log.bytes / 1e6 / (await run()),
    });
    const subjects = {
      'grep -cE': speedOf(() => grep(file, log)),
      'grep -c': speedOf(() => grepOne(file, log)),
      counting: speedOf(() => Promise.resolve(countInFile(file, log))),
      Errand: speedOf(() => analyzeFile(file, log)),
      'Errand over S3': () => job.measure(),
    };
    // A warm-up that caches the file and starts the worker.
    for (const warmUp of Object.values(subjects)) await warmUp();
    const speeds = await interleave(subjects, options);
    const rounds = (subject: string, key = 'speed'): readonly number[] =>
      speeds.get(subject)?.get(key)?.rounds ?? [];
    const share = (one: string, other: string): number[] =>
      rounds(one).map((speed, round) => speed / (rounds(other)[round] ?? NaN));
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
      row('analyze, counting only', 'Errand', 'MB/s', rounds('counting')),
      row('analyze, counting only', 'grep -c of one pattern', 'MB/s', rounds('grep -c')),
      {
        ...row('analyze, counting only, as a share of grep -c', 'Errand', '×', share('counting', 'grep -c')),
        target: { atLeast: 0.5 },
      },
      ...Object.entries(analyzeJobProbe.reads).map(([key, { what: ofJob, unit, target }]) => ({
        ...row(ofJob, 'Errand', unit, rounds('Errand over S3', key)),
        ...(target && { target }),
      })),
    ];
  },
};

/**
 * Measures how many seconds `grep` takes to count lines with either pattern. `grep` matches bytes instead of characters, because that is
 * faster.
 */
async function grep(file: string, { levels }: LargeLog): Promise<number> {
  const startedAt = performance.now();
  const env = { ...process.env, LC_ALL: 'C' };
  const { stdout } = await promisify(execFile)('grep', ['-cE', PATTERNS.join('|'), file], { env });
  const seconds = (performance.now() - startedAt) / 1000;
  requireSame(Number(stdout), (levels.ERROR ?? 0) + (levels.WARN ?? 0));
  return seconds;
}

/** Measures how many seconds `grep` takes to count lines with one of the patterns. */
async function grepOne(file: string, { levels }: LargeLog): Promise<number> {
  const startedAt = performance.now();
  const env = { ...process.env, LC_ALL: 'C' };
  const { stdout } = await promisify(execFile)('grep', ['-c', PATTERNS[0], file], { env });
  requireSame(Number(stdout), levels.ERROR);
  return (performance.now() - startedAt) / 1000;
}

/**
 * Measures the time needed to count the lines and both patterns' matches, in seconds. Reads the file in the simplest way: in chunks, into one
 * buffer.
 */
function countInFile(file: string, { levels }: LargeLog): number {
  const startedAt = performance.now();
  const counter = createMatchCounter(['\n', ...PATTERNS].map((pattern) => Buffer.from(pattern)));
  const piece = Buffer.allocUnsafe(READ_BYTES);
  const opened = openSync(file, 'r');
  for (let bytes = -1; bytes !== 0;) {
    bytes = readSync(opened, piece);
    const steps = counter.add(piece.subarray(0, bytes));
    while (steps.next().done !== true);
  }
  closeSync(opened);
  const [, ...counts] = counter.counts();
  const seconds = (performance.now() - startedAt) / 1000;
  for (const [index, pattern] of PATTERNS.entries()) requireSame(counts[index], levels[pattern]);
  return seconds;
}

/** Measures the handler's run time, in seconds, if the handler reads a local file instead of S3. */
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
      deadline: new Date(0),
      signal: new AbortController().signal,
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      files: { open, write: () => Promise.reject(new Error('analyze writes no files.')) },
      submit: () => Promise.reject(new Error('analyze submits no jobs.')),
      step: {} as JobContext['step'],
      checkpoint: () => Promise.reject(new Error('analyze has no checkpoints.')),
      state: undefined,
      progress: ignore,
    },
  );
  const seconds = (performance.now() - startedAt) / 1000;
  requireCounts(result, expected);
  return seconds;
}

function ignore(): void {
  // Discards the job's log lines and progress.
}
