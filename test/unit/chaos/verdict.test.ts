import { describe, expect, it } from '@jest/globals';
import type { AttemptRow, Change, JobRow } from '../../chaos/journal.ts';
import { Ledger } from '../../chaos/ledger.ts';
import type { PlannedJob } from '../../chaos/schedule.ts';
import { judge } from '../../chaos/verdict.ts';

const JOB_ID = '01a20176-dff3-7168-b490-85d3d2298693';
const OTHER_ID = '01a20176-e000-7168-b490-85d3d2298693';

const CREATED_TO_RUNNING: Change = {
  from: 'created',
  to: 'running',
  from_attempt: 0,
  to_attempt: 1,
  cancel_requested: false,
  continued: false,
  lease_left_ms: null,
};
const RUNNING_TO_SUCCESS: Change = { ...CREATED_TO_RUNNING, from: 'running', to: 'success', from_attempt: 1 };

function planned(given: Partial<PlannedJob> = {}): PlannedJob {
  return {
    tenant: 'north',
    kind: 'quick',
    objectId: 'object-1',
    body: {},
    duplicatesAtOnce: 0,
    duplicateLater: 'none',
    followUp: 'none',
    retry: false,
    signal: 'none',
    ...given,
  };
}

function attempt(given: Partial<AttemptRow> = {}): AttemptRow {
  return { attempt: 1, outcome: 'success', message: null, began: 10, ended: 20, ...given };
}

/** Returns a job that succeeded immediately. */
function row(given: Partial<JobRow> = {}): JobRow {
  return {
    job_id: JOB_ID,
    tenant: 'north',
    type: 'sleep',
    object_id: 'object-1',
    batch_id: null,
    parent_job_id: null,
    cancel_requested: false,
    result: null,
    status: 'success',
    attempt: 1,
    max_attempts: 2,
    message: null,
    end_time: '2030-01-01T00:00:02.000Z',
    attempts: [attempt()],
    changes: [CREATED_TO_RUNNING, RUNNING_TO_SUCCESS],
    second_leases: 0,
    ...given,
  };
}

function ledgerOf(job = planned()): Ledger {
  const ledger = new Ledger();
  ledger.acknowledge(job, JOB_ID, 'new');
  return ledger;
}

const whatOf = (ledger: Ledger, rows: JobRow[]) =>
  judge(ledger, rows).map(({ failing, what }) => [failing, what]);

describe('the verdict on a run', () => {
  it('finds nothing wrong with a job that ran as requested', () => {
    expect(judge(ledgerOf(), [row()])).toEqual([]);
  });

  it('is the same for a job whose submission got no response', () => {
    expect(judge(new Ledger(), [row()])).toEqual([]);
    expect(judge(new Ledger(), [row({ status: 'created', end_time: null })])).toContainEqual({
      failing: 'stuck',
      jobId: JOB_ID,
      what: 'is created still',
    });
  });

  it('reports an acknowledged job without a row as lost', () => {
    expect(judge(ledgerOf(), [])).toEqual([
      { failing: 'lost', jobId: JOB_ID, what: 'acknowledged, but missing from the database' },
    ]);
  });

  it('reports an object as lost that was not accepted even without faults', () => {
    const ledger = new Ledger();
    ledger.unanswered.add(planned());
    expect(judge(ledger, [])).toMatchObject([{ failing: 'lost' }]);
  });

  it('finds two jobs of one object in the rows or in the responses', () => {
    const ledger = ledgerOf();
    expect(judge(ledger, [row(), row({ job_id: OTHER_ID })])).toHaveLength(2);
    ledger.acknowledge(planned(), OTHER_ID, 'duplicate');
    expect(whatOf(ledger, [row()])).toContainEqual(['doubled', "one of 2 jobs of north's object-1"]);
  });

  it('finds two submissions that both claim to have created the job', () => {
    const ledger = ledgerOf();
    ledger.acknowledge(planned(), JOB_ID, 'new');
    expect(whatOf(ledger, [row()])).toEqual([['doubled', 'two submissions reported it as new']]);
  });

  it('reports responses for one job with two ends of its dedup window as wrong', () => {
    const [end, later] = ['2030-01-01T00:05:00.000Z', '2030-01-01T00:05:01.000Z'];
    const ledger = new Ledger();
    ledger.acknowledge(planned(), JOB_ID, 'new', end);
    ledger.acknowledge(planned(), JOB_ID, 'duplicate', end);
    expect(judge(ledger, [row()])).toEqual([]);
    ledger.acknowledge(planned(), JOB_ID, 'rejected', later);
    expect(whatOf(ledger, [row()])).toEqual([['wrong', 'responses reported two ends of its dedup window']]);
  });

  it('reports an attempt as doubled if another one began during its lease', () => {
    const taken: Change = {
      ...CREATED_TO_RUNNING,
      from: 'running',
      from_attempt: 1,
      to_attempt: 2,
      lease_left_ms: 50,
    };
    const job = row({
      attempt: 2,
      attempts: [attempt({ outcome: 'lost' }), attempt({ attempt: 2, began: 20, ended: 40 })],
      changes: [CREATED_TO_RUNNING, taken, { ...RUNNING_TO_SUCCESS, from_attempt: 2, to_attempt: 2 }],
    });
    expect(whatOf(ledgerOf(), [job])).toEqual([
      ['doubled', 'attempt 1 was given up before its lease expired'],
    ]);
    const changes = job.changes.map((change) => ({ ...change, lease_left_ms: -50 }));
    expect(judge(ledgerOf(), [{ ...job, changes }])).toEqual([]);
    // A suspended attempt has given up its lease, so another worker may continue it before the lease would have expired.
    const suspended: Change = { ...RUNNING_TO_SUCCESS, to: 'created', lease_left_ms: 50 };
    const continued: Change = { ...CREATED_TO_RUNNING, from_attempt: 1, continued: true };
    const [begun, ...later] = changes;
    const withSuspension = begun ? [begun, suspended, continued, ...later] : [];
    expect(judge(ledgerOf(), [{ ...job, changes: withSuspension }])).toEqual([]);
  });

  it('allows only suspended attempts to continue', () => {
    const suspended: Change = { ...RUNNING_TO_SUCCESS, to: 'created' };
    const continued: Change = { ...CREATED_TO_RUNNING, from_attempt: 1, continued: true };
    const changes = [CREATED_TO_RUNNING, suspended, continued, RUNNING_TO_SUCCESS];
    expect(judge(ledgerOf(), [row({ changes })])).toEqual([]);
    const wrong = changes.map((change) => ({ ...change, continued: false }));
    expect(whatOf(ledgerOf(), [row({ changes: wrong })])).toEqual([
      ['wrong', 'attempt 1 became 1 on the way to running'],
    ]);
  });

  it.each<[string, Partial<JobRow>, string]>([
    ['two leases', { second_leases: 1 }, 'two leases at once'],
    [
      'two successes',
      { attempt: 2, attempts: [attempt(), attempt({ attempt: 2, began: 30, ended: 40 })] },
      'two attempts succeeded',
    ],
    [
      'attempts that overlap',
      {
        attempt: 2,
        attempts: [attempt({ outcome: 'lost' }), attempt({ attempt: 2, began: 15, ended: 40 })],
      },
      'attempts 1 and 2 overlap',
    ],
  ])('reports %s as doubled', (_name, given, what) => {
    expect(whatOf(ledgerOf(), [row(given)])).toContainEqual(['doubled', what]);
  });

  it.each<[string, Partial<JobRow>, string]>([
    ['more attempts than allowed', { max_attempts: 0 }, 'attempt 1 of 0'],
    ['an attempt that is not recorded', { attempts: [] }, '0 attempts are recorded, but 1 were counted'],
    ['an attempt without an end', { attempts: [attempt({ ended: null })] }, 'an attempt has no end'],
    ['a success with an error', { message: 'broken' }, 'success with the message broken'],
    [
      'an outcome that the kind of job cannot have',
      {
        status: 'failed',
        message: 'exceeded the timeout of 4 s',
        attempts: [attempt({ outcome: 'timeout' })],
      },
      'a quick job is failed: exceeded the timeout of 4 s',
    ],
    [
      'a cancellation that nobody asked for',
      { status: 'canceled', message: 'canceled by request', attempts: [attempt({ outcome: 'canceled' })] },
      'is canceled, although nobody requested it',
    ],
    [
      'a transition that the life cycle does not have',
      { changes: [{ ...CREATED_TO_RUNNING, to: 'success', to_attempt: 0 }] },
      'went from created to success',
    ],
    [
      'a terminal state that changed',
      { changes: [CREATED_TO_RUNNING, RUNNING_TO_SUCCESS, { ...RUNNING_TO_SUCCESS, from: 'success' }] },
      'went from success to success',
    ],
    [
      'an attempt after a cancellation',
      { changes: [{ ...CREATED_TO_RUNNING, cancel_requested: true }] },
      'attempt 1 began after the job was to be canceled',
    ],
  ])('reports %s as wrong', (_name, given, what) => {
    expect(whatOf(ledgerOf(), [row(given)])).toContainEqual(['wrong', what]);
  });

  it('treats objects with the same name in two tenants as two objects', () => {
    const ledger = ledgerOf();
    ledger.acknowledge(planned({ tenant: 'south' }), OTHER_ID, 'new');
    expect(judge(ledger, [row(), row({ job_id: OTHER_ID, tenant: 'south' })])).toEqual([]);
  });

  it('finds a job that one tenant submitted and another owns, or whose id both got in responses', () => {
    expect(whatOf(ledgerOf(), [row({ tenant: 'south' })])).toEqual([
      ['wrong', 'is of south, but was submitted by north'],
    ]);
    const ledger = ledgerOf();
    ledger.acknowledge(planned({ tenant: 'south' }), JOB_ID, 'duplicate');
    expect(whatOf(ledger, [row()])).toEqual([
      ['wrong', `Job ${JOB_ID} was named for object-1 of south, but earlier for object-1 of north.`],
    ]);
  });

  it('finds a result that the job’s function does not return', () => {
    const job = planned({ kind: 'function', body: { payload: { number: 21, deaths: 0 } } });
    expect(judge(ledgerOf(job), [row({ result: { doubled: 42 } })])).toEqual([]);
    expect(whatOf(ledgerOf(job), [row({ result: { doubled: 43 } })])).toEqual([
      ['wrong', 'its function returned {"doubled":43}'],
    ]);
  });

  it('lets a bulk job cancel the jobs of its batch', () => {
    const ledger = ledgerOf();
    ledger.bulkOf('north/batch-1').cancel = 1;
    const canceled = row({
      ...{ status: 'canceled', message: 'canceled by request', attempts: [attempt({ outcome: 'canceled' })] },
      ...{ batch_id: 'batch-1', changes: [CREATED_TO_RUNNING, { ...RUNNING_TO_SUCCESS, to: 'canceled' }] },
    });
    const wrong = [['wrong', 'is canceled, although nobody requested it']];
    expect(whatOf(ledger, [canceled])).toEqual([]);
    expect(whatOf(ledger, [{ ...canceled, batch_id: 'batch-2' }])).toEqual(wrong);
    expect(whatOf(ledger, [{ ...canceled, batch_id: null }])).toEqual(wrong);
  });

  it('lets a client reopen a job only as often as it requested that', () => {
    const ledger = ledgerOf(planned({ kind: 'refused' }));
    const failed = { ...RUNNING_TO_SUCCESS, to: 'failed' };
    const reopened = { ...RUNNING_TO_SUCCESS, from: 'failed', to: 'created' };
    const job = row({
      status: 'failed',
      message: '127.0.0.1 answered 503',
      attempt: 2,
      attempts: [
        attempt({ outcome: 'failed' }),
        attempt({ attempt: 2, outcome: 'failed', began: 30, ended: 40 }),
      ],
      changes: [
        CREATED_TO_RUNNING,
        failed,
        reopened,
        { ...CREATED_TO_RUNNING, from_attempt: 1, to_attempt: 2 },
        { ...failed, from_attempt: 2, to_attempt: 2 },
      ],
    });
    expect(whatOf(ledger, [job])).toEqual([
      ['wrong', 'was reopened 1 times, but retried by clients 0 times'],
    ]);
    ledger.of(JOB_ID).retryRequests = 1;
    expect(judge(ledger, [job])).toEqual([]);
    // In this case, a bulk job requests the retry, not a client.
    ledger.of(JOB_ID).retryRequests = 0;
    ledger.bulkOf('north/batch-1').retry = 1;
    expect(judge(ledger, [{ ...job, batch_id: 'batch-1' }])).toEqual([]);
  });

  it('excuses a failure by lost workers if the last attempt was lost', () => {
    const message = 'The worker stopped without an answer on attempt 1 of 1.';
    const lost = row({ status: 'failed', message, attempts: [attempt({ outcome: 'lost' })] });
    expect(judge(ledgerOf(), [lost])).toEqual([]);
    expect(judge(ledgerOf(), [row({ ...lost, attempts: [attempt({ outcome: 'failed' })] })])).toMatchObject([
      { failing: 'wrong' },
    ]);
  });
});
