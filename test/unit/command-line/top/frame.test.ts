import { describe, expect, it } from '@jest/globals';
import { frame, shareOut, type FrameOptions, type View } from '../../../../bin/command-line/top/frame.ts';
import { before, failedJob, job, minute, NOON, queue, snapshot } from './snapshots.ts';

const URL = 'http://127.0.0.1:3000';
const OPTIONS: FrameOptions = { columns: 100, rows: 40, hasColor: false, isLive: false };

function linesOf(view: Partial<View>, options: Partial<FrameOptions> = {}): string[] {
  return frame({ url: URL, snapshot: undefined, problem: undefined, ...view }, { ...OPTIONS, ...options });
}

describe('a frame', () => {
  it('shows the queues, the running jobs, and the failures by type and message', () => {
    const busy = snapshot({
      queues: [
        queue('default', {
          waiting: 12,
          running: 2,
          held: { pause: 0, concurrency: 2, rate: 1 },
          oldest_waiting: {
            job_id: 'j',
            type: 'resize',
            due_at: before(150),
            age_seconds: 150,
            held_by: null,
          },
        }),
        queue('images', { paused_at: before(600) }),
      ],
      series: {
        // The counted range is 5.5 minutes: five full minutes, and the current half minute.
        default: [
          minute(20, { succeeded: 1_000 }),
          minute(5, { succeeded: 50, failed: 5 }),
          minute(0, { succeeded: 5 }),
        ],
      },
      running: [
        job('01a21f95-2c54-7560-b2ae-cdf461541283', {
          attempt: 2,
          progress: { fraction: 0.6, note: 'halfway' },
        }),
        job('01a21f95-2c54-7560-b2ae-cdf461541284', {
          type: 'charge',
          start_time: before(4),
          cancel_requested: true,
        }),
      ],
      failed: [
        failedJob('1', 'card 17 declined', 20),
        failedJob('2', 'card 18 declined', 10),
        failedJob('3', 'no such\nimage\u001b[2J', 3_000),
      ],
    });
    const [head, ...lines] = linesOf({ snapshot: busy }, { columns: 98 });
    expect(head).toMatch(/^errand top {2}http:\/\/127\.0\.0\.1:3000 {2}\d\d:\d\d:30$/);
    expect(lines).toEqual([
      '',
      'Queues 2',
      'QUEUE            WAITING  HELD  RUNNING  DONE/MIN  FAILED/MIN  RETRIED/MIN  OLDEST',
      'default               12     3        2        10         0.9            0   3 min',
      'images (paused)        0     0        0         0           0            0       -',
      '',
      'Running 2',
      'JOB                                   TYPE    QUEUE    ATTEMPT   AGE  PROGRESS',
      '01a21f95-2c54-7560-b2ae-cdf461541283  resize  default      2/3  30 s  ██████···· 60 % halfway',
      '01a21f95-2c54-7560-b2ae-cdf461541284  charge  default      1/3   4 s  cancel requested',
      '',
      'Failed 3 in the last 60 minutes',
      'JOBS  TYPE          LAST  MESSAGE',
      '   2  resize    10 s ago  card 18 declined',
      '   1  resize  50 min ago  no such image [2J',
    ]);
  });

  it('has a sparkline if the terminal is wide enough', () => {
    const series = { default: [minute(14, { succeeded: 1 }), minute(1, { succeeded: 7, failed: 1 })] };
    const wide = linesOf({ snapshot: snapshot({ series }) }, { columns: 130 });
    expect(wide.at(3)).toMatch(/ {2}LAST 15 MIN$/);
    expect(wide.at(4)).toMatch(/ {2}▁············█·$/);
    expect(linesOf({ snapshot: snapshot({ series }) }, { columns: 80 }).at(3)).toMatch(/OLDEST$/);
  });

  it('reports that nothing runs and nothing failed', () => {
    const lines = linesOf({ snapshot: snapshot({}) });
    expect(lines.slice(-4)).toEqual(['', 'Running 0', '', 'Failed 0 in the last 60 minutes']);
  });

  it('names paused job types, and the limit of the failed jobs', () => {
    const paused = [{ type: 'charge', paused_at: before(60), paused_by: null }];
    const text = linesOf({ snapshot: snapshot({ pausedTypes: paused, hasMoreFailed: true }) }).join('\n');
    expect(text).toContain('The job type charge has been paused since 2030-01-31T11:59:30.000Z.');
    expect(text).toContain('Failed 0 in the last 60 minutes, among the 200 created last');
  });

  it('fits the terminal, and says how to see the rest', () => {
    const many = snapshot({
      queues: Array.from({ length: 9 }, (_, index) => queue(`queue-${index}`)),
      running: Array.from({ length: 30 }, (_, index) => job(`job-${index}`)),
      failed: Array.from({ length: 30 }, (_, index) =>
        failedJob(`${index}`, `cause ${'abcdefghij'.repeat(index)}`, index),
      ),
    });
    const lines = linesOf({ snapshot: many }, { columns: 60, rows: 24 });
    expect(lines).toHaveLength(24);
    expect(Math.max(...lines.map(({ length }) => length))).toBe(60);
    expect(lines.filter((line) => line.startsWith('…'))).toEqual([
      '… 5 more: errand queues',
      '… 26 more: errand list --status running --order asc',
      '… 27 more: errand list --status failed',
    ]);
  });

  it('counts running jobs that are not listed', () => {
    const text = linesOf({
      snapshot: snapshot({ queues: [queue('default', { running: 70 })], running: [job('1')] }),
    });
    expect(text).toContain('Running 70');
  });

  it('keeps the last data while the API does not respond, and shows since when, and the next attempt', () => {
    const problem = {
      message: 'fetch failed: ECONNREFUSED',
      since: NOON,
      nextTry: new Date(NOON.getTime() + 8_000),
    };
    const [, line, , title] = linesOf({ snapshot: snapshot({}), problem });
    expect(line).toMatch(
      /^No new data since \d\d:\d\d:30; next try at \d\d:\d\d:38: fetch failed: ECONNREFUSED$/,
    );
    expect(title).toBe('Queues 1');
    expect(linesOf({ problem }).at(-1)).toMatch(/^No data; next try at /);
  });

  it('has no control sequences without color, and resets each one with color', () => {
    const view = { snapshot: snapshot({ failed: [failedJob('1', 'gone', 1)] }) };
    const escapes = (hasColor: boolean) =>
      linesOf(view, { hasColor, isLive: true }).join('\n').split('\u001b[');
    expect(escapes(false)).toHaveLength(1);
    const [, ...sequences] = escapes(true);
    expect(sequences.map((text) => text.slice(0, text.indexOf('m')))).toContain('31');
    expect(sequences.filter((text) => text.startsWith('0m'))).toHaveLength(sequences.length / 2);
  });
});

describe('shareOut', () => {
  it.each([
    [10, [2, 2, 2], [2, 2, 2]],
    [10, [1, 20, 20], [1, 5, 4]],
    [9, [9, 9, 9], [3, 3, 3]],
    [3, [0, 0, 5], [0, 0, 3]],
    [Infinity, [1, 200, 0], [1, 200, 0]],
  ])('shares %d rows among %j as %j', (available, wanted, shares) => {
    expect(shareOut(available, wanted)).toEqual(shares);
  });
});
