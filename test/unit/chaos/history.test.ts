import { describe, expect, it } from '@jest/globals';
import { contradictions, type FinalJob } from '../../chaos/history/explain.ts';
import { unexplained } from '../../chaos/history/explain-job.ts';
import type { History, KnownJob, ListRead, Operation, View } from '../../chaos/history/operation.ts';

type Status = NonNullable<View['status']>;

const ENDED = '2030-01-01T00:00:02.000Z';

function view(status: Status, attempt: number, given: Partial<View> = {}): View {
  const hasEnded = status !== 'created' && status !== 'running';
  return {
    ...{ status, attempt, endTime: hasEnded ? ENDED : null, cancelRequested: false, hasSteps: false },
    ...given,
  };
}

type Step = (start: number, end?: number) => Operation;

/** The functions below create operations. By default, an operation ends a millisecond after it starts. */
const answered =
  (kind: Operation['kind'], shown: View): Step =>
  (start, end = start + 1) => ({ kind, start, end, view: shown });
const refused =
  (kind: 'cancel' | 'retry'): Step =>
  (start, end = start + 1) => ({ kind, start, end, isRefused: true });
const unanswered =
  (kind: 'cancel' | 'retry'): Step =>
  (start) => ({ kind, start, end: Infinity });

const earlier =
  (kind: 'cancel' | 'retry'): Step =>
  (start, end = start + 1) => ({ kind, start, end, isEarlier: true });

const create = answered('create', view('created', 0));
const read = (status: Status, attempt: number, given?: Partial<View>): Step =>
  answered('read', view(status, attempt, given));
const attempts = (attempt: number): Step =>
  answered('read', { attempt, endTime: null, cancelRequested: false, hasSteps: false });
const cancel = (status: Status, attempt: number): Step =>
  answered('cancel', view(status, attempt, { cancelRequested: true }));
const retry = (attempt: number): Step => answered('retry', view('created', attempt));

/** Returns operations that run one after the other. */
function sequence(...steps: Step[]): Operation[] {
  return steps.map((step, index) => step(index * 10));
}

describe('a history of one job is explained', () => {
  it.each<[string, Operation[]]>([
    ['without requests', []],
    [
      'if the job runs and succeeds',
      sequence(create, read('created', 0), read('running', 1), read('success', 1)),
    ],
    ['if nobody saw it being created', sequence(read('running', 1), read('success', 1))],
    [
      'if it is retried by itself',
      sequence(create, read('running', 1), read('created', 1), read('running', 3)),
    ],
    ['if attempts are listed', sequence(create, attempts(0), attempts(2), read('running', 2), attempts(2))],
    [
      'if a job with steps continues in the same attempt',
      sequence(create, read('running', 1), read('created', 1), read('running', 1, { hasSteps: true })),
    ],
    ['if a waiting job is canceled', sequence(create, cancel('canceled', 0), read('canceled', 0))],
    [
      'if a running job is asked to stop and succeeds all the same',
      sequence(
        create,
        cancel('running', 1),
        read('running', 1, { cancelRequested: true }),
        read('success', 1),
      ),
    ],
    ['if a cancellation comes too late', sequence(create, refused('cancel'), read('success', 1))],
    ['if a canceled job runs again', sequence(create, cancel('canceled', 0), retry(0), read('running', 1))],
    [
      'if a failed job runs again, and ends at another time',
      sequence(read('failed', 2), retry(2), read('success', 3, { endTime: '2030-01-01T00:00:09.000Z' })),
    ],
    ['if a retry is refused while it runs', sequence(create, refused('retry'), read('running', 1))],
    [
      'if an unanswered cancellation took effect',
      sequence(create, unanswered('cancel'), read('canceled', 0)),
    ],
    [
      'if an unanswered cancellation had no effect',
      sequence(create, unanswered('cancel'), read('success', 1)),
    ],
    [
      'if an unanswered retry took effect much later',
      sequence(read('failed', 1), unanswered('retry'), read('failed', 1), read('created', 1)),
    ],
    [
      'if two concurrent reads arrive in the other order',
      [create(0), read('running', 1)(10, 30), read('created', 0)(11, 20), read('success', 1)(40)],
    ],
    [
      'if a list shows what an earlier execution of a cancellation did',
      [
        create(0),
        earlier('cancel')(10, 50),
        read('running', 1, { cancelRequested: true })(20, 30),
        cancel('canceled', 1)(10, 50),
      ],
    ],
    [
      'if an earlier execution of a cancellation had no effect',
      [create(0), earlier('cancel')(10, 20), cancel('canceled', 0)(10, 20), read('canceled', 0)(30)],
    ],
    [
      'if a cancellation took effect before a concurrent read',
      [create(0), cancel('canceled', 0)(10, 50), read('canceled', 0)(20)],
    ],
  ])('%s', (_what, operations) => {
    expect(unexplained(operations)).toBeUndefined();
  });
});

describe('a history of one job is refused', () => {
  it.each<[string, Operation[]]>([
    ['if it is told to be new after it was shown', sequence(read('created', 0), create)],
    ['if it is told twice to be new', sequence(create, create)],
    ['if attempts decrease', sequence(create, read('running', 2), read('running', 1))],
    ['if the listed attempts decrease', sequence(create, attempts(2), read('created', 1))],
    ['if it has not begun any more', sequence(create, read('running', 1), read('created', 0))],
    ['if it runs without an attempt', sequence(create, read('running', 0))],
    [
      'if it runs again in the same attempt, but has no steps',
      sequence(read('created', 1), read('running', 1)),
    ],
    ['if it succeeds without an attempt', sequence(create, read('success', 0))],
    ['if it leaves its end without a retry', sequence(create, read('success', 1), read('running', 2))],
    ['if one end becomes another', sequence(create, read('success', 1), read('failed', 1))],
    [
      'if the time of its end changes',
      sequence(create, read('success', 1), read('success', 1, { endTime: '2030-01-01T00:00:03.000Z' })),
    ],
    ['if it is canceled without a request', sequence(create, read('canceled', 0))],
    ['if it is canceled before the request', [create(0), read('canceled', 0)(10), cancel('canceled', 0)(20)]],
    ['if it is to stop without a request', sequence(create, read('running', 1, { cancelRequested: true }))],
    ['if it runs after it was canceled', sequence(create, cancel('canceled', 0), read('running', 1))],
    ['if a later read misses the cancellation', sequence(create, cancel('running', 1), read('running', 1))],
    [
      'if an attempt begins after the job was asked to stop',
      sequence(create, cancel('running', 1), read('running', 2, { cancelRequested: true })),
    ],
    ['if a cancellation leaves it waiting', sequence(create, cancel('created', 0))],
    [
      'if a cancellation is refused, and it then is canceled',
      sequence(create, refused('cancel'), read('canceled', 0)),
    ],
    [
      'if a cancellation is refused, and it then runs',
      sequence(create, refused('cancel'), read('running', 1)),
    ],
    [
      'if a canceled job is said not to be retriable',
      sequence(create, cancel('canceled', 0), refused('retry')),
    ],
    ['if a successful job runs again', sequence(create, read('success', 1), retry(1))],
    ['if a later read misses the retry', sequence(read('failed', 1), retry(1), read('failed', 1))],
    ['if a retry resets the attempts', sequence(read('failed', 2), retry(1))],
    [
      'if it leaves its end twice after one unanswered retry',
      sequence(read('failed', 1), unanswered('retry'), read('failed', 2), read('created', 2)),
    ],
    [
      'if an earlier execution takes effect after its request had ended',
      [
        create(0),
        ...[earlier('cancel')(10, 20), cancel('canceled', 0)(10, 20)],
        ...[retry(0)(30), read('running', 1)(40), read('canceled', 1)(50)],
      ],
    ],
    [
      'if two sequential reads arrive in the wrong order',
      [create(0), read('running', 1)(10, 20), read('created', 0)(21, 30)],
    ],
  ])('%s', (_what, operations) => {
    expect(unexplained(operations)).toMatch(/^no order of its \d+ requests explains the responses/);
  });

  it('with a sentence that says what was expected', () => {
    expect(unexplained(sequence(create, read('running', 2), read('running', 1)))).toBe(
      'no order of its 3 requests explains the responses: after 2 of them it is running 2, and then comes a read from 20 to 21 ms that shows running 1. ' +
        'All: a create from 0 to 1 ms that shows created 0; a read from 10 to 11 ms that shows running 2; a read from 20 to 21 ms that shows running 1',
    );
  });
});

const OLDER = '01a20176-dff3-7168-b490-85d3d2298693';
const NEWER = '01a20176-e000-7168-b490-85d3d2298693';

function known(...operations: Operation[]): KnownJob {
  return { tenant: 'north', knownAt: Math.min(...operations.map(({ end }) => end)), operations };
}

function finalJob(given: Partial<FinalJob> = {}): FinalJob {
  return { tenant: 'north', batchId: null, isChild: false, read: read('success', 1)(1_000), ...given };
}

function list(given: Partial<ListRead>): ListRead {
  return { tenant: 'north', start: 100, end: 110, jobIds: [NEWER, OLDER], hasMore: false, ...given };
}

function found(given: Partial<History>, final: Record<string, FinalJob> = {}): string[] {
  const history: History = {
    jobs: new Map([
      [OLDER, known(create(0))],
      [NEWER, known(create(20))],
    ]),
    lists: [],
    bulkRequests: [],
    ...given,
  };
  const rows = new Map(Object.entries({ [OLDER]: finalJob(), [NEWER]: finalJob(), ...final }));
  return contradictions(history, rows).map(
    ({ jobId, what }) => `${jobId === OLDER ? 'older' : 'newer'}: ${what}`,
  );
}

describe('the history of a run', () => {
  it('is explained if lists have all jobs that were known before', () => {
    expect(found({ lists: [list({})] })).toEqual([]);
    expect(found({ lists: [list({ jobIds: [NEWER], hasMore: true })] })).toEqual([]);
    expect(found({ lists: [list({ start: 10, jobIds: [OLDER] })] })).toEqual([]);
    expect(found({ lists: [list({ tenant: 'south', jobIds: [] })] })).toEqual([]);
  });

  it('is refused if a list lacks a job that was known before', () => {
    const missing = 'a list that was requested later did not have it';
    expect(found({ lists: [list({ jobIds: [OLDER] })] })).toEqual([`newer: ${missing}`]);
    expect(found({ lists: [list({ jobIds: [NEWER] })] })).toEqual([`older: ${missing}`]);
  });

  it('is refused if a list has a job twice, in the wrong place, or of another tenant', () => {
    const wrongPlace = 'was in a list in the wrong place, or twice';
    expect(found({ lists: [list({ jobIds: [OLDER, NEWER] })] })).toEqual([`newer: ${wrongPlace}`]);
    expect(found({ lists: [list({ jobIds: [NEWER, NEWER, OLDER] })] })).toEqual([`newer: ${wrongPlace}`]);
    expect(found({ lists: [list({})] }, { [NEWER]: finalJob({ tenant: 'south' }) })).toEqual([
      'newer: was in a list of the tenant north',
    ]);
  });

  it('is refused if the database contradicts what was shown', () => {
    const jobs = new Map([[OLDER, known(create(0), read('failed', 1)(10))]]);
    expect(found({ jobs })).toEqual([expect.stringContaining('older: no order of its 3 requests')]);
    // A job that is missing from the database is reported as a different finding. A child's state may contradict its own requests, because the
    // child is canceled with its parent.
    expect(contradictions({ jobs, lists: [], bulkRequests: [] }, new Map())).toEqual([]);
    expect(found({ jobs }, { [OLDER]: finalJob({ isChild: true }) })).toEqual([]);
  });

  it('is explained by the bulk changes of the batch of a job, and of no other batch', () => {
    const row = finalJob({ batchId: 'batch-1', read: read('canceled', 0)(1_000) });
    const request = { tenant: 'north', batchId: 'batch-1', action: 'cancel', start: 50 } as const;
    expect(found({ bulkRequests: [request] }, { [OLDER]: row })).toEqual([]);
    const wrong = [expect.stringContaining('older: no order')];
    expect(found({ bulkRequests: [] }, { [OLDER]: row })).toEqual(wrong);
    expect(found({ bulkRequests: [{ ...request, batchId: 'batch-2' }] }, { [OLDER]: row })).toEqual(wrong);
    expect(found({ bulkRequests: [{ ...request, tenant: 'south' }] }, { [OLDER]: row })).toEqual(wrong);
    expect(found({ bulkRequests: [{ ...request, action: 'retry' }] }, { [OLDER]: row })).toEqual(wrong);
  });
});
