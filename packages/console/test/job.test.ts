import { describe, expect, it } from '@jest/globals';
import type { Schema } from 'errand-client';
import { pauseAfter, pollInterval } from '../src/api/polling.ts';
import { formatDuration, formatRelative } from '../src/format/duration.ts';
import { copyAs } from '../src/job/copy-as.ts';
import { readStack } from '../src/job/stack.ts';
import { timeScale } from '../src/job/time-scale.ts';
import { stepWaitReason, waitReason } from '../src/job/wait-reason.ts';

const START = Date.parse('2026-11-28T12:00:00Z');
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

const JOB = {
  type: 'charge',
  object_id: "o'brien",
  payload: { order: '9' },
  tags: ['customer-42'],
  metadata: {},
  status: 'created',
  attempt: 0,
  held_by: null,
  queue: 'default',
  create_time: at(0),
  run_at: at(0),
  start_time: null,
  end_time: null,
  message: null,
  concurrency: { key: 'customer-42', limit: 2 },
  rate_limit: null,
} as unknown as Schema<'Job'>;

describe('a duration', () => {
  it.each([
    [240, '240 ms'],
    [4_210, '4.2 s'],
    [9_960, '10 s'],
    [59_600, '1 min'],
    [185_000, '3 min 5 s'],
    [7_500_000, '2 h 5 min'],
    [187_200_000, '2 d 4 h'],
  ])('of %d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it.each([
    [-1_000, 'now'],
    [-12_000, '12 s ago'],
    [3 * 60_000, 'in 3 min'],
    [-50 * 3_600_000, '2 d ago'],
  ])('%d ms from now is shown as %s', (ms, text) => {
    expect(formatRelative(ms)).toBe(text);
  });
});

describe('the time axis', () => {
  it('shortens a wait of an hour next to two seconds of work', () => {
    const scale = timeScale(0, 3_602_000, [{ from: 3_600_000, to: 3_602_000 }]);
    expect(scale.shortened).toEqual([{ from: 0, to: 3_600_000 }]);
    expect(scale.at(3_600_000)).toBeCloseTo(0.35 / 1.35);
    expect([scale.at(0), scale.at(3_602_000)]).toEqual([0, 1]);
  });

  it('is linear if there are no long waits, even if work overlaps', () => {
    const scale = timeScale(0, 100, [
      { from: 20, to: 80 },
      { from: 10, to: 60 },
    ]);
    expect(scale.shortened).toEqual([]);
    expect([10, 50, 80].map((time) => scale.at(time))).toEqual([0.1, 0.5, 0.8]);
  });

  it('shows a job that has not started', () => {
    expect(timeScale(0, 0, []).at(0)).toBe(0);
  });
});

describe('the reason why a job is not running', () => {
  it.each<[Partial<Schema<'Job'>>, string | undefined]>([
    [{ held_by: 'concurrency' }, 'The key customer-42 is full'],
    [{ held_by: 'pause' }, 'Paused: queue default or type charge'],
    [{ run_at: at(90) }, 'Starts in 1 min'],
    [{ run_at: at(90), attempt: 1, message: 'declined' }, 'Retries in 1 min'],
    [{ run_at: at(90), attempt: 1 }, 'Waits in a step'],
    [{}, 'Waiting for a worker'],
    [{ status: 'running' }, undefined],
  ])('of %j is %s', (fields, reason) => {
    expect(waitReason({ ...JOB, ...fields }, START)).toBe(reason);
  });

  it('includes the number of running jobs for a full key', () => {
    const key = { running: 2, limit: 2 } as Schema<'ConcurrencyKey'>;
    const reason = waitReason({ ...JOB, held_by: 'concurrency' }, START, key);
    expect(reason).toBe('2 of 2 jobs with the key customer-42 are running');
  });
});

describe('the wait of a suspended job', () => {
  const wait = {
    step: 'approve',
    kind: 'signal',
    until: at(90),
    signal: null,
    child_job_id: null,
    children: null,
  } as Schema<'StepWait'>;

  it.each<[Partial<Schema<'StepWait'>>, RegExp]>([
    [{ signal: 'approval' }, /^Waits for the signal approval until \d\d:\d\d$/],
    [{ kind: 'map', children: { ended: 7, total: 10 } }, /^Waits for 3 of 10 children$/],
    [{ kind: 'map', children: { ended: 0, total: 1 } }, /^Waits for 1 of 1 child$/],
    [{ kind: 'sleep', step: 'pause' }, /^Sleeps until \d\d:\d\d in the step pause$/],
    [{ kind: 'result', step: 'scan:result' }, /^Waits for the child job of the step scan$/],
    [{ kind: 'retry', step: 'charge' }, /^The step charge failed, and will be retried in 1 min$/],
  ])('for %j is shown in words', (fields, words) => {
    expect(stepWaitReason({ ...wait, ...fields }, START)).toMatch(words);
  });
});

describe('a stack', () => {
  it('shows the line in the user’s own code, not lines in Node and packages', () => {
    const stack = [
      'Error: connect ECONNREFUSED',
      '    at TCPConnectWrap.afterConnect (node:net:1637:16)',
      '    at fetch (/var/task/node_modules/undici/index.js:4:2)',
      '    at resizeImage (/var/task/jobs/resize.ts:42:11)',
      '    at file:///var/task/jobs/resize.ts:60:5',
    ].join('\n');
    expect(readStack(stack)).toMatchObject({
      ownFunction: 'resizeImage',
      ownLine: '/var/task/jobs/resize.ts:42:11',
    });
    expect(readStack(stack).lines.map(({ isOwn }) => isOwn)).toEqual([false, false, false, true, true]);
    expect(readStack('no frames').ownLine).toBeUndefined();
  });
});

describe('a copied submission', () => {
  const options = { url: 'https://api.example.com', needsKey: true };

  it('quotes every argument for the shell', () => {
    expect(copyAs('curl', JOB, options)).toContain(`"object_id":"o'\\''brien"`);
    expect(copyAs('curl', JOB, options)).toContain('Bearer $ERRAND_API_KEY');
    expect(copyAs('shell', JOB, options)).toBe(
      `npx errand submit charge '{"order":"9"}' --object-id 'o'\\''brien' --tag customer-42`,
    );
  });

  it('is TypeScript on the client', () => {
    expect(copyAs('typescript', JOB, { ...options, needsKey: false })).toContain(
      `errand.submit("charge", {"order":"9"}, {"objectId":"o'brien","tags":["customer-42"]})`,
    );
  });
});

describe('polling', () => {
  const state = (data: object, dataUpdatedAt: number) =>
    ({ data, dataUpdatedAt, errorUpdatedAt: 0 }) as Parameters<typeof pollInterval>[0]['state'];

  it('backs off from 2 s to 30 s while nothing changes, and starts over after a change', () => {
    const data = {};
    const query = { state: state(data, 1_000) };
    expect(pollInterval(query)).toBe(2_000);
    query.state = state(data, 61_000);
    expect(pollInterval(query)).toBe(4_000);
    query.state = state(data, 3_601_000);
    expect(pollInterval(query)).toBe(30_000);
    query.state = state({}, 3_602_000);
    expect(pollInterval(query)).toBe(2_000);
    expect(pauseAfter(0)).toBe(2_000);
  });
});
