import { describe, expect, it } from '@jest/globals';
import type { Schema } from 'errand-client';
import type { Child, Step } from '../src/job/step-rows.ts';
import { suspensionsOf } from '../src/job/suspensions.ts';
import { timelineRows, timeTaken, type JobHistory } from '../src/job/timeline.ts';

const START = Date.parse('2026-11-28T12:00:00Z');
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();
const ms = (seconds: number) => START + seconds * 1000;
const NOW = ms(1_000);

const JOB = {
  status: 'created',
  attempt: 0,
  create_time: at(0),
  run_at: at(0),
  end_time: null,
} as Schema<'Job'>;

const attempt = (number: number, from: number, to: number | null, outcome: string | null) =>
  ({
    attempt: number,
    start_time: at(from),
    end_time: to === null ? null : at(to),
    outcome,
    message: null,
  }) as Schema<'Attempt'>;

const step = (
  name: string,
  kind: Step['kind'],
  from: number,
  to: number | null,
  fields: Partial<Step> = {},
) =>
  ({
    step: name,
    kind,
    status: to === null ? 'waiting' : 'success',
    failures: 0,
    start_time: at(from),
    end_time: to === null ? null : at(to),
    timed_out: false,
    child_job_id: null,
    message: null,
    ...fields,
  }) as Step;

const child = (id: string, from: number) =>
  ({
    job_id: id,
    type: 'scan',
    object_id: null,
    status: 'failed',
    message: 'unreadable',
    create_time: at(from),
    start_time: at(from + 1),
    end_time: at(from + 3),
  }) as Child;

const historyOf = (history: Partial<JobHistory>): JobHistory => ({
  attempts: [],
  steps: [],
  children: [],
  ...history,
});

describe('the timeline', () => {
  it('has a row for the wait, and one for each attempt and the back-off before it', () => {
    const attempts = [attempt(2, 9, null, null), attempt(1, 1, 4, 'timeout')];
    const rows = timelineRows({ ...JOB, status: 'running', attempt: 2 }, historyOf({ attempts }), NOW);
    expect(rows.map(({ label, outcome }) => [label, outcome])).toEqual([
      ['Waiting', undefined],
      ['Attempt 1', 'timed out'],
      ['Attempt 2', 'running'],
    ]);
    expect(rows[2]?.segments.map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ['wait', ms(4), ms(9)],
      ['work', ms(9), undefined],
    ]);
  });

  it('has a row for the next attempt', () => {
    const attempts = [attempt(1, 1, 4, 'failed')];
    const rows = timelineRows({ ...JOB, attempt: 1 }, historyOf({ attempts }), NOW);
    expect(rows.at(-1)).toMatchObject({ label: 'Attempt 2', outcome: 'waiting' });
  });

  it('lists the steps of each attempt below it, with their outcomes', () => {
    const steps = [
      step('charge', 'run', 1, 3, { failures: 2 }),
      step('pause', 'sleep', 3, 3.5),
      step('approve', 'signal', 9, 10, { timed_out: true }),
      step('ship', 'run', 10, 11, { status: 'failed', message: 'no truck' }),
    ];
    const attempts = [attempt(1, 1, 4, 'lost'), attempt(2, 9, 12, 'failed')];
    const rows = timelineRows({ ...JOB, status: 'failed', attempt: 2 }, historyOf({ attempts, steps }), NOW);
    expect(rows.slice(1).map(({ label, outcome, message }) => [label, outcome, message])).toEqual([
      ['Attempt 1', 'worker lost', null],
      ['charge', 'success', 'Succeeded after 2 failed calls'],
      ['pause', 'over', null],
      ['Attempt 2', 'failed', null],
      ['approve', 'timed out', null],
      ['ship', 'failed', 'no truck'],
    ]);
  });

  it('does not count suspended time as work', () => {
    const steps = [
      step('charge', 'run', 1, 3),
      step('approve', 'signal', 3, 603),
      step('ship', 'run', 603, 604),
    ];
    const attempts = [attempt(1, 1, 605, 'success')];
    const rows = timelineRows(
      { ...JOB, status: 'success', end_time: at(605) },
      historyOf({ attempts, steps }),
      NOW,
    );
    const [, first] = rows;
    expect(first?.segments.map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ['work', ms(1), ms(3)],
      ['wait', ms(3), ms(603)],
      ['work', ms(603), ms(605)],
    ]);
    expect(first && timeTaken(first, NOW)).toBe(4_000);
  });

  it('shows a suspended job as waiting, without a next attempt', () => {
    const steps = [step('approve', 'signal', 3, null)];
    const attempts = [attempt(1, 1, null, null)];
    const rows = timelineRows({ ...JOB, attempt: 1 }, historyOf({ attempts, steps }), NOW);
    expect(rows.map(({ label, outcome }) => [label, outcome])).toEqual([
      ['Waiting', undefined],
      ['Attempt 1', 'waiting'],
      ['approve', 'waiting'],
    ]);
    expect(rows[1]?.segments.at(-1)).toMatchObject({ kind: 'wait', from: ms(3), to: undefined });
  });

  it('lists child jobs below the step that submitted them', () => {
    const steps = [
      step('scan', 'submit', 2, 2, { child_job_id: 'c1' }),
      step('pages', 'map', 5, 20),
      step('words', 'map', 24, 30),
    ];
    const children = [child('c1', 2), child('c2', 4), child('c3', 23)];
    const attempts = [attempt(1, 1, 31, 'success')];
    const rows = timelineRows({ ...JOB, status: 'success' }, historyOf({ attempts, steps, children }), NOW);
    expect(rows.slice(2).map(({ label, depth, childJobId }) => [label, depth, childJobId])).toEqual([
      ['scan', 1, 'c1'],
      ['scan', 2, 'c1'],
      ['pages', 1, null],
      ['scan', 2, 'c2'],
      ['words', 1, null],
      ['scan', 2, 'c3'],
    ]);
    expect(rows[3]).toMatchObject({ outcome: 'failed', message: 'unreadable' });
  });
});

describe('a suspension', () => {
  it('is a wait during which no step runs', () => {
    const steps = [
      step('pause', 'sleep', 0, 60),
      step('other', 'run', 10, 20),
      step('late', 'signal', 50, 90),
    ];
    expect(suspensionsOf(steps, NOW)).toEqual([
      { from: ms(0), to: ms(10) },
      { from: ms(20), to: ms(90) },
    ]);
  });

  it('is not shown for a wait of less than a second, which the worker sits out', () => {
    expect(suspensionsOf([step('pause', 'sleep', 0, 0.9)], NOW)).toEqual([]);
  });
});
