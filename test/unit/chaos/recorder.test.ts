import { expect, it } from '@jest/globals';
import { contradictions } from '../../chaos/history/explain.ts';
import { HistoryRecorder, viewOf } from '../../chaos/history/recorder.ts';

const JOB_ID = '01a20176-dff3-7168-b490-85d3d2298693';
const OTHER_ID = '01a20176-e000-7168-b490-85d3d2298693';

const body = (given: object = {}) => ({
  ...{
    job_id: JOB_ID,
    type: 'sleep',
    status: 'created',
    attempt: 0,
    end_time: null,
    cancel_requested: false,
  },
  ...given,
});
const shown = { status: 'created', attempt: 0, endTime: null, cancelRequested: false, hasSteps: false };

function recorder(): HistoryRecorder {
  let now = 0;
  return new HistoryRecorder(() => (now += 1));
}

it('records submissions, reads and lists with their times', () => {
  const history = recorder();
  history.begin('north', { kind: 'submission' })({ status: 201, body: body() });
  history.begin('north', { kind: 'submission' })({ status: 200, body: body() });
  history.begin('north', { kind: 'submission' })({ status: 409, body: { job_id: JOB_ID } });
  const items = [body({ job_id: OTHER_ID, type: 'order' }), body()];
  history.begin('north', { kind: 'list' })({ status: 200, body: { items, next_cursor: null } });
  history.begin('north', { kind: 'attempts', jobId: JOB_ID })({ status: 200, body: { items: [{}] } });
  expect(history.jobs.get(JOB_ID)).toEqual({
    tenant: 'north',
    knownAt: 2,
    operations: [
      { kind: 'create', start: 1, end: 2, view: shown },
      { kind: 'read', start: 1, end: 2, view: shown },
      { kind: 'read', start: 3, end: 4, view: shown },
      { kind: 'read', start: 7, end: 8, view: shown },
      {
        kind: 'read',
        start: 9,
        end: 10,
        view: { attempt: 1, endTime: null, cancelRequested: false, hasSteps: false },
      },
    ],
  });
  expect(history.jobs.get(OTHER_ID)?.operations[0]?.view).toEqual({ ...shown, hasSteps: true });
  expect(history.lists).toEqual([
    { tenant: 'north', start: 7, end: 8, jobIds: [OTHER_ID, JOB_ID], hasMore: false },
  ]);
  expect(history.answered).toBe(6);
});

it('records the jobs of a batch that were accepted', () => {
  const history = recorder();
  const items = [
    { status: 201, job: body() },
    { status: 503, problem: {} },
  ];
  history.begin('north', { kind: 'batch' })({ status: 200, body: { items } });
  expect([...history.jobs.keys()]).toEqual([JOB_ID]);
});

it('records a change without a response as possible at any later time, and ignores a read without a response', () => {
  const history = recorder();
  history.begin('north', { kind: 'cancel', jobId: JOB_ID })();
  history.begin('north', { kind: 'read', jobId: JOB_ID })();
  history.begin('north', { kind: 'retry', jobId: JOB_ID })({ status: 409, body: {} });
  history.begin('north', { kind: 'bulk', action: 'retry', batchId: 'batch-1' })();
  expect(history.jobs.get(JOB_ID)?.operations).toEqual([
    { kind: 'cancel', start: 1, end: Infinity },
    { kind: 'retry', start: 5, end: 6, isEarlier: true },
    { kind: 'retry', start: 5, end: 6, isRefused: true },
  ]);
  expect(history.bulkRequests).toEqual([{ tenant: 'north', action: 'retry', batchId: 'batch-1', start: 7 }]);
});

it('records a change as an earlier execution and the visible last one, because Errand may have repeated it', () => {
  const history = recorder();
  const stopping = body({ status: 'running', attempt: 1, cancel_requested: true });
  history.begin('north', { kind: 'cancel', jobId: JOB_ID })({ status: 200, body: stopping });
  const running = body({ status: 'running', attempt: 2 });
  history.begin('north', { kind: 'retry', jobId: JOB_ID })({ status: 200, body: running });
  history.begin('north', { kind: 'submission' })({ status: 201, body: running });
  expect(history.jobs.get(JOB_ID)?.operations).toEqual([
    { kind: 'cancel', start: 1, end: 2, isEarlier: true },
    {
      kind: 'cancel',
      start: 1,
      end: 2,
      view: { ...shown, status: 'running', attempt: 1, cancelRequested: true },
    },
    { kind: 'retry', start: 3, end: 4, isEarlier: true },
    { kind: 'read', start: 3, end: 4, view: { ...shown, status: 'running', attempt: 2 } },
    { kind: 'create', start: 5, end: 6, view: shown },
    { kind: 'read', start: 5, end: 6, view: { ...shown, status: 'running', attempt: 2 } },
  ]);
});

it('records a read that misses an acknowledged cancellation, so that the history check finds it', () => {
  const ended = { end_time: '2030-01-01T00:00:02.000Z', cancel_requested: true };
  const canceled = body({ status: 'canceled', ...ended });
  const foundWith = (laterRead: Record<string, unknown>): string[] => {
    const history = recorder();
    history.begin('north', { kind: 'submission' })({ status: 201, body: body() });
    history.begin('north', { kind: 'cancel', jobId: JOB_ID })({ status: 200, body: canceled });
    history.begin('north', { kind: 'read', jobId: JOB_ID })({ status: 200, body: laterRead });
    const read = { kind: 'read', start: 100, end: 100, view: viewOf(canceled) } as const;
    const final = new Map([[JOB_ID, { tenant: 'north', batchId: null, isChild: false, read }]]);
    return contradictions(history, final).map(({ jobId }) => jobId);
  };
  expect(foundWith(canceled)).toEqual([]);
  expect(foundWith(body())).toEqual([JOB_ID]);
});
