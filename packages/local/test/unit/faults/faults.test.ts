import { describe, expect, it } from '@jest/globals';
import { createFaults, type Call, type Faults } from '../../../src/faults/faults.ts';
import { readRules } from '../../../src/faults/rule.ts';

function armed(rules: unknown, now?: () => number): Faults {
  const faults = createFaults(now);
  faults.arm(readRules(rules));
  return faults;
}

function call(overrides: Partial<Call> = {}): Call {
  const base = { caller: 'Errand-Worker1', service: 'sqs', action: 'SendMessage' };
  return { ...base, event: '{"id":"a"}', isKillable: true, ...overrides };
}

/** Returns the numbers of the calls that a fault affects, counted from 1. */
function struck(faults: Faults, calls: number): number[] {
  return Array.from({ length: calls }, (_, index) => index + 1).filter(() => faults.ofCall(call()));
}

describe('a rule for calls', () => {
  it.each([
    [{}, [1, 2, 3, 4, 5]],
    [{ at: { nth: 3 } }, [3]],
    [{ at: { from: 3 } }, [3, 4, 5]],
    [{ at: { first: 2 } }, [1, 2]],
    [{ times: 2 }, [1, 2]],
    [{ at: { from: 2 }, times: 2 }, [2, 3]],
    [{ at: { share: 0, seed: 1 } }, []],
    [{ at: { share: 1, seed: 1 } }, [1, 2, 3, 4, 5]],
  ])('with %j applies, out of five calls, to %j', (when, expected) => {
    expect(struck(armed({ effect: 'fail', ...when }), 5)).toEqual(expected);
  });

  it('applies to a random share: the same calls for the same seed, others for another seed', () => {
    const of = (seed: number | string) => struck(armed({ effect: 'fail', at: { share: 0.05, seed } }), 2_000);
    expect(of(7)).toEqual(of(7));
    expect(of(8)).not.toEqual(of(7));
    for (const seed of [7, 8, 'nine']) {
      expect(of(seed).length).toBeGreaterThan(60);
      expect(of(seed).length).toBeLessThan(140);
    }
  });

  it.each([
    [{ caller: 'Worker' }, true],
    [{ caller: 'Api' }, false],
    [{ service: 'sqs', action: 'SendMessage' }, true],
    [{ service: 'dynamodb' }, false],
    [{ action: 'ReceiveMessage' }, false],
    [{ event_contains: '"a"' }, true],
    [{ event_contains: '"b"' }, false],
  ])('for %j matches the worker’s SendMessage call: %s', (narrowed, expected) => {
    const faults = armed({ effect: 'fail', ...narrowed });
    expect(faults.ofCall(call()) !== undefined).toBe(expected);
    expect(faults.list()[0]).toMatchObject({ matched: Number(expected), struck: Number(expected) });
  });

  it('with a condition on the event does not match a caller without an event', () => {
    const faults = armed({ effect: 'fail', event_contains: 'a' });
    expect(faults.ofCall(call({ event: undefined }))).toBeUndefined();
  });

  it('with a kill effect ignores calls from processes outside the embedded cloud', () => {
    const faults = armed({ effect: 'kill-before', at: { nth: 1 } });
    expect(faults.ofCall(call({ isKillable: false }))).toBeUndefined();
    expect(faults.ofCall(call())).toMatchObject({ effect: 'kill-before' });
  });

  it('counts matching calls even while another rule applies, and the first rule added applies', () => {
    const faults = armed([
      { effect: 'fail', at: { nth: 1 } },
      { effect: 'drop-answer', at: { first: 2 } },
    ]);
    expect([1, 2, 3].map(() => faults.ofCall(call())?.effect)).toEqual(['fail', 'drop-answer', undefined]);
    expect(faults.list()).toMatchObject([
      { id: 'fault-1', matched: 3, struck: 1 },
      { id: 'fault-2', matched: 3, struck: 1 },
    ]);
  });

  it('has no effect after it is removed', () => {
    const faults = createFaults();
    const [first = ''] = faults.arm(readRules([{ effect: 'fail' }, { effect: 'drop-answer' }]));
    expect(faults.disarm('fault-9')).toBe(0);
    expect(faults.disarm(first)).toBe(1);
    expect(faults.ofCall(call())?.effect).toBe('drop-answer');
    expect(faults.disarm()).toBe(1);
    expect(faults.ofCall(call())).toBeUndefined();
  });
});

describe('a rule for messages', () => {
  it('applies to messages in its queue whose body contains the string', () => {
    const faults = armed({ effect: 'lose', queue: 'Jobs', body_contains: 'b', at: { nth: 2 } });
    const fates = [
      ['Errand-Jobs1', 'b'],
      ['Errand-Jobs1', 'a'],
      ['Errand-Dead1', 'b'],
      ['Errand-Jobs1', 'b'],
    ] as const;
    expect(fates.map(([queue, body]) => faults.ofMessage(queue, body))).toEqual([
      undefined,
      undefined,
      undefined,
      'lose',
    ]);
  });
});

describe('a throttle', () => {
  it('refuses a number of its function’s invocations', () => {
    const faults = armed({ effect: 'throttle', function: 'Worker', invocations: 2 });
    expect(faults.isThrottled('Errand-Api1')).toBe(false);
    expect([1, 2, 3].map(() => faults.isThrottled('Errand-Worker1'))).toEqual([true, true, false]);
  });

  it('or refuses all of the invocations for a number of seconds', () => {
    let now = 0;
    const faults = armed({ effect: 'throttle', function: 'Worker', seconds: 2 }, () => now);
    now = 1_999;
    expect(faults.isThrottled('Errand-Worker1')).toBe(true);
    now = 2_000;
    expect(faults.isThrottled('Errand-Worker1')).toBe(false);
  });
});

describe('a paused Aurora', () => {
  it('starts to resume with the first call, and works once the time has elapsed', () => {
    let now = 0;
    const faults = armed({ effect: 'pause-aurora', resume_seconds: 15 }, () => now);
    const answer = () => faults.ofCall(call({ service: 'rds-data' }))?.effect;
    now = 60_000;
    expect(faults.ofCall(call())).toBeUndefined();
    expect(answer()).toBe('pause-aurora');
    now = 74_999;
    expect(answer()).toBe('pause-aurora');
    now = 75_000;
    expect(answer()).toBeUndefined();
    expect(faults.list()[0]).toMatchObject({ struck: 2 });
  });
});
