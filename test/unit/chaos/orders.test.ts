import { describe, expect, it } from '@jest/globals';
import { Ledger } from '../../chaos/ledger.ts';
import { judgeOrders, type OrderRow } from '../../chaos/orders.ts';

const JOB_ID = '01a20176-dff3-7168-b490-85d3d2298693';
const LINES = ['call charge', 'recorded charge', 'call ship', 'recorded ship'].map(
  (line) => `${JOB_ID} ${line}`,
);

function step(name: string, kind: string, result: unknown = null): OrderRow['steps'][number] {
  return { step: name, kind, status: 'success', result, timed_out: false };
}

const PART = { place: 0, status: 'success', after_fan_in: false, is_retried: false };

/** Returns a paid order with two parts. */
function order(given: Partial<OrderRow> = {}): OrderRow {
  return {
    job_id: JOB_ID,
    tenant: 'north',
    batch_id: null,
    status: 'success',
    parts: 2,
    result: { charge: 'c', parts: [0, 1], timedOut: false, ship: 's' },
    steps: [
      step('charge', 'run', 'c'),
      step('parts', 'map', [0, 1]),
      step('paid', 'signal', {}),
      step('ship', 'run', 's'),
    ],
    signals: [{ key: 'first', taken_by: 'paid' }],
    children: [PART, { ...PART, place: 1 }],
    ...given,
  };
}

function findingsOf(given: Partial<OrderRow>, lines: readonly string[] = LINES): string[] {
  const ledger = new Ledger();
  ledger.signals.set(JOB_ID, new Set(['first']));
  return judgeOrders([order(given)], ledger, lines).map(({ failing, what }) => `${failing}: ${what}`);
}

describe('the verdict on an order', () => {
  it('finds nothing wrong with a successful one, even if a step was repeated before its result was recorded', () => {
    expect(findingsOf({})).toEqual([]);
    expect(findingsOf({}, [`${JOB_ID} call charge`, ...LINES])).toEqual([]);
  });

  it('finds a step that was repeated after its result was recorded', () => {
    expect(findingsOf({}, [...LINES, `${JOB_ID} call charge`])).toEqual([
      'doubled: its step charge was called again after its result was recorded',
    ]);
  });

  it.each<[string, Partial<OrderRow>, string]>([
    ['a signal that is gone', { signals: [{ key: 'other', taken_by: 'paid' }] }, 'lost: its signal first'],
    ['a signal that no step took', { signals: [{ key: 'first', taken_by: null }] }, 'wrong: took 0 signals'],
    ['a missing part', { children: [PART] }, 'lost: 1 of its parts were submitted'],
    [
      'a part that was submitted twice',
      { children: [PART, PART, { ...PART, place: 1 }] },
      'doubled: a part was submitted twice',
    ],
    [
      'a part that ended after the fan-in',
      { children: [PART, { ...PART, place: 1, after_fan_in: true }] },
      'wrong: continued before all of its parts had ended',
    ],
    [
      'a canceled part',
      { children: [PART, { ...PART, place: 1, status: 'canceled' }] },
      'wrong: a part is canceled, although nobody requested it',
    ],
    [
      'a result that is not that of its steps',
      { result: { charge: 'other', parts: [0, 1], timedOut: false, ship: 's' } },
      'wrong: has the result {"charge":"other","parts":[0,1],"timedOut":false,"ship":"s"}, and its steps {"charge":"c","parts":[0,1],"timedOut":false,"ship":"s"}',
    ],
    [
      'a step that waits after the end',
      { steps: [...order().steps, { ...step('late', 'signal'), status: 'waiting' }] },
      'wrong: has a step that waits',
    ],
  ])('finds %s', (_what, given, finding) => {
    expect(findingsOf(given)).toEqual([finding]);
  });
});
