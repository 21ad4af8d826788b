import { describe, expect, it } from '@jest/globals';
import { createJobLines } from '../../../bin/local-service/job-lines.ts';

const WORKER = 'Errand-ErrandWorkerFunction1A2B3C4D';
const API = 'Errand-ErrandApiFunction1A2B3C4D';
const JOB = '01a21f95-2c54-7560-b2ae-cdf461541283';
const OTHER = '01a21f95-3478-750e-95c1-90665ef5411a';

/** Returns the lines that are printed for the functions' log entries, excluding the time of day. */
function printed(entries: readonly (readonly [string, object])[], isVerbose = false): string[] {
  const lines: string[] = [];
  const report = createJobLines({
    isVerbose,
    folder: '/home/ann/shop',
    print: (line) => lines.push(line.replace(/^\d\d:\d\d:\d\d /, '')),
  });
  report.adjustFunction({ name: WORKER, environment: { QUEUE_NAME: 'images' } });
  report.adjustFunction({ name: API, environment: {} });
  for (const [functionName, entry] of entries) {
    const line = { timestamp: '2026-11-28T08:00:00.000Z', level: 'INFO', requestId: 'r1', ...entry };
    report.ofFunction(functionName, JSON.stringify(line));
  }
  report.ofAccessLog('Errand-ErrandApiAccessLogs1A2B3C4D', '{"status":201}');
  return lines;
}

/** Returns a log entry about a job. */
function about(event: string, fields: object = {}, entry: object = {}): [string, object] {
  return [
    WORKER,
    { ...entry, message: { event, message: 'It happened.', job_id: JOB, type: 'resize', ...fields } },
  ];
}

describe('the lines of a job', () => {
  it('report when a failed attempt is retried, and where it failed', () => {
    const stack = [
      'TypeError: no width',
      '    at parse (/home/ann/shop/node_modules/zod/index.js:1:2)',
      '    at run (/home/ann/shop/jobs/resize.ts:12:9)',
    ].join('\n');
    expect(
      printed([
        about('attempt_started', { attempt: 1 }),
        about('attempt_ended', { attempt: 1 }, { timestamp: '2026-11-28T08:00:00.250Z' }),
        about('attempt_failed', { outcome: 'failed', error: stack }, { level: 'ERROR' }),
        about('outcome_recorded', { status: 'created', due_in_ms: 5_000 }, { level: 'DEBUG' }),
      ]),
    ).toEqual([
      `61541283 started   resize (images)  attempt 1  id ${JOB}`,
      '61541283 failed    resize (images)  attempt 1 after 250 ms: TypeError: no width',
      '                   at run (jobs/resize.ts:12:9)',
      expect.stringMatching(/^61541283 retries {3}resize \(images\) {2}at \d\d:\d\d:05, attempt 2$/),
    ]);
  });

  it.each([
    [['approval', 'pause'], 'in approval, pause'],
    [[], 'until its next invocation'],
  ])('report that a job is suspended in the steps %j, and that it continues', (steps, where) => {
    expect(
      printed([
        about('attempt_started', { attempt: 1 }),
        about('attempt_suspended', { attempt: 1, steps }),
        about('attempt_ended', { attempt: 1 }),
        about(
          'outcome_recorded',
          { outcome: 'suspended', status: 'created', due_in_ms: 0 },
          { level: 'DEBUG' },
        ),
        about('attempt_started', { attempt: 1 }),
        about('outcome_recorded', { status: 'created', due_in_ms: 0 }, { level: 'DEBUG' }),
      ]),
    ).toEqual([
      `61541283 started   resize (images)  attempt 1  id ${JOB}`,
      `61541283 suspended resize (images)  ${where}`,
      '61541283 continues resize (images)  attempt 1',
      expect.stringMatching(/^61541283 retries .*attempt 2$/),
    ]);
  });

  it.each([
    ['canceled', 'canceled', 'canceled'],
    ['running', 'canceling', 'asked to stop'],
  ])('report that a job that was %s is %s', (status, step) => {
    expect(printed([about('cancellation_recorded', { status }, { level: 'DEBUG' })])).toEqual([
      `61541283 ${step.padEnd(9)} resize (images)  id ${JOB}`,
    ]);
  });

  it('name the job of a console line if only one runs, or all jobs of a batch', () => {
    const line: [string, object] = [WORKER, { message: 'hello' }];
    const other = about('attempt_started', { attempt: 1, job_id: OTHER });
    const start = about('attempt_started', { attempt: 1 });
    expect(printed([start, line]).at(-1)).toBe('61541283 log       hello');
    expect(printed([start, other, line]).at(-1)).toBe('61541283,5ef5411a log       hello');
    expect(printed([line])).toEqual(['jobs file log       hello']);
  });
});

describe('the other lines of the functions', () => {
  const entries: [string, object][] = [
    [API, { level: 'INFO', message: { message: 'A migration was applied.' } }],
    [API, { level: 'WARN', message: { message: 'The dedup key was not released.' } }],
  ];

  it('are hidden, except for warnings and errors', () => {
    expect(printed(entries)).toEqual(['WARN ErrandApiFunction  The dedup key was not released.']);
  });

  it('are all shown with --verbose, and so is the access log', () => {
    const lines = printed(entries, true);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toContain('ErrandApiAccessLogs');
  });

  it('that are not JSON are always shown, and metrics never', () => {
    const lines: string[] = [];
    const report = createJobLines({ isVerbose: false, folder: '/', print: (line) => lines.push(line) });
    report.ofFunction(WORKER, 'Debugger attached.');
    report.ofFunction(WORKER, 'Task timed out after 3.00 seconds');
    report.ofFunction(WORKER, '{"_aws":{"Timestamp":1},"service":"Errand","JobsAccepted":1}');
    expect(lines).toEqual(['ErrandWorkerFunction  Task timed out after 3.00 seconds']);
  });
});
