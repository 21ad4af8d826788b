import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextPass } from 'node:timers/promises';
import { analyze } from '../../../../lambdas/jobs/analyze/analyze.ts';
import { memoryFiles } from '../../../helpers/memory-files.ts';
import { createRecordingJobLog } from '../../../helpers/recording-log.ts';
import { NO_STEPS } from '../../../helpers/no-steps.ts';
import { payloadProblems, runJobType, submitsNothing, type Run } from '../../../helpers/run-job-type.ts';
import { SLOWEST_PATTERNS } from '../../../helpers/slowest-patterns.ts';

const FILE = 'uploads/default/app.log';

function analyzeText(content: string | Uint8Array, patterns: string[]): Promise<Run> {
  return runJobType(analyze, { file: FILE, patterns }, { files: { [FILE]: content } });
}

describe('analyze', () => {
  it('counts each pattern, the lines and the bytes', async () => {
    const run = await analyzeText('ERROR one\nWARN two ERROR\r\nthree', ['ERROR', 'WARN', 'FATAL']);
    expect(run).toMatchObject({
      status: 'success',
      result: { counts: { ERROR: 2, WARN: 1, FATAL: 0 }, lines: 3, bytes: 31 },
    });
    expect(run.reported.at(-1)).toEqual({ fraction: 1, note: null });
  });

  it.each<[what: string, content: string, lines: number]>([
    ['nothing has no lines', '', 0],
    ['a line without an end is one', 'a', 1],
    ['a line with an end is one', 'a\n', 1],
    ['an empty line is one', '\n', 1],
    ['an end of \\r\\n is one end', 'a\r\nb\r\n', 2],
    ['a \\r alone ends nothing', 'a\rb', 1],
    ['what follows the last end is a line', 'a\n\nb', 3],
    ['NUL ends nothing', 'a\0b\n\0', 2],
  ])('%s', async (_what, content, lines) => {
    const bytes = Buffer.byteLength(content);
    expect((await analyzeText(content, ['x'])).result).toEqual({ counts: { x: 0 }, lines, bytes });
  });

  it('counts in bytes that are not text', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 * 256 }, (_, at) => (at % 256) ^ (at >> 8)));
    expect((await analyzeText(bytes, ['\u007f', 'ÿ'])).result).toMatchObject({
      counts: { '\u007f': 256, ÿ: 0 },
      bytes: 65_536,
    });
  });

  it('counts a repeated pattern once, and accepts any string as a name', async () => {
    const { result } = await analyzeText('__proto__ constructor', ['__proto__', 'constructor', '__proto__']);
    expect(JSON.stringify(result)).toBe('{"counts":{"__proto__":1,"constructor":1},"lines":1,"bytes":21}');
  });

  it('finds matches across two pieces', async () => {
    const context = {
      jobId: 'job-1',
      tenant: 'default',
      attempt: 1,
      deadline: new Date(0),
      signal: new AbortController().signal,
      log: createRecordingJobLog(),
      submit: submitsNothing,
      ...NO_STEPS,
      files: memoryFiles({ [FILE]: 'xERRORx\nERROR' }, 1)('default'),
      progress: () => undefined,
    };
    expect(await analyze.run({ file: FILE, patterns: ['ERROR', 'x'] }, context)).toEqual({
      counts: { ERROR: 2, x: 2 },
      lines: 2,
      bytes: 13,
    });
  });

  it.each([
    ['that is not there', FILE],
    ['of another tenant', 'uploads/other/app.log'],
    ['of a tenant whose name begins alike', 'uploads/default2/app.log'],
    ['outside all uploads', '../default/app.log'],
    ['that is a folder', 'uploads/default/'],
  ])('fails for good for a file %s, with possible causes', async (_why, file) => {
    const files = { 'uploads/other/app.log': 'x', 'uploads/default2/app.log': 'x', 'uploads/default/': 'x' };
    const run = await runJobType(analyze, { file, patterns: ['x'] }, { files, attempt: 1, maxAttempts: 5 });
    expect(run).toMatchObject({
      status: 'failed',
      message: `There is no file "${file}". Files are uploaded with POST /v1/uploads, and expire after 7 days.`,
    });
  });

  it('stops in the middle of a file when it is canceled', async () => {
    const cancel = new AbortController();
    let pieces = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield await Promise.resolve(Buffer.alloc(1 << 20, 'a'));
    }
    const running = analyze.run(
      { file: FILE, patterns: ['a'] },
      {
        jobId: 'job-1',
        tenant: 'default',
        attempt: 1,
        deadline: new Date(0),
        signal: cancel.signal,
        log: createRecordingJobLog(),
        submit: submitsNothing,
        ...NO_STEPS,
        files: {
          ...memoryFiles()('default'),
          open: () => Promise.resolve({ bytes: 1e15, stream: endless() }),
        },
        progress() {
          pieces += 1;
          // The timer must fire even while bytes keep arriving.
          if (pieces === 1) {
            setTimeout(() => {
              cancel.abort('canceled');
            }, 1);
          }
        },
      },
    );
    await expect(running).rejects.toBe('canceled');
    expect(pieces).toBeGreaterThan(0);
  });
});

describe('twenty analyze jobs with the slowest patterns, in one process', () => {
  /** Returns the CPU time that this thread has used, in milliseconds. */
  const cpuMs = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };

  it('yield to the event loop after each turn, and stop in the middle of a piece', async () => {
    const cancel = new AbortController();
    const piece = new Uint8Array(1 << 20).fill(0x61);
    let pieces = 0;
    const run = async (): Promise<unknown> =>
      analyze.run(
        { file: FILE, patterns: SLOWEST_PATTERNS },
        {
          jobId: 'job-1',
          tenant: 'default',
          attempt: 1,
          deadline: new Date(0),
          signal: cancel.signal,
          log: createRecordingJobLog(),
          submit: submitsNothing,
          ...NO_STEPS,
          files: memoryFiles({ [FILE]: piece }, piece.length)('default'),
          progress() {
            pieces += 1;
          },
        },
      );
    const jobs = Promise.allSettled(Array.from({ length: 20 }, run));

    const passes: number[] = [];
    for (let pass = 0, startedAt = cpuMs(); pass < 100; pass += 1) {
      await nextPass();
      passes.push(cpuMs() - startedAt);
      startedAt = cpuMs();
    }
    cancel.abort('canceled');

    expect(await jobs).toEqual(
      Array.from({ length: 20 }, () => ({ status: 'rejected', reason: 'canceled' })),
    );
    expect(pieces).toBe(0);
    // Each pass of the event loop should contain one job's turn of 20 ms. If all twenty jobs had a turn in the same pass, the pass would take 400
    // ms. Garbage collection may prolong a few passes.
    expect(passes.filter((ms) => ms >= 150).length).toBeLessThanOrEqual(5);
  }, 60_000);
});

describe('the payload of analyze', () => {
  const problem = (payload: unknown): string | undefined => {
    const [first] = payloadProblems(analyze, payload);
    return first;
  };

  it('is a file and up to 50 patterns', () => {
    expect(problem({ file: FILE, patterns: ['a'] })).toBeUndefined();
    expect(
      problem({ file: FILE, patterns: Array.from({ length: 50 }, (_, at) => `p${at}`) }),
    ).toBeUndefined();
    expect(problem({ file: FILE, patterns: ['ä'.repeat(2048)] })).toBeUndefined();
  });

  it.each<[payload: unknown, problem: string]>([
    [
      { patterns: ['a'] },
      'file must be a file key: upload a file with POST /v1/uploads, or send it with the job',
    ],
    [{ file: FILE }, 'patterns must be a list of strings'],
    [{ file: FILE, patterns: [] }, 'patterns must have at least 1 pattern'],
    [
      { file: FILE, patterns: Array.from({ length: 51 }, () => 'a') },
      'patterns must have at most 50 patterns',
    ],
    [{ file: FILE, patterns: ['a', ''] }, 'patterns.1 must have at least 1 character'],
    [{ file: FILE, patterns: [7] }, 'patterns.0 must be a string'],
    [{ file: FILE, patterns: ['ä'.repeat(2049)] }, 'patterns.0 must have at most 4096 bytes of UTF-8'],
    [{ file: 'x'.repeat(1025), patterns: ['a'] }, 'file must be a file key'],
  ])('%j', (payload, expected) => {
    expect(problem(payload)).toBe(expected);
  });
});
