import { describe, expect, it } from '@jest/globals';
import { InvalidRuleError, readRules } from '../../../src/faults/rule.ts';

/** Returns the message of the error that refuses a rule. */
function refusal(rule: unknown): string {
  try {
    readRules(rule);
  } catch (error) {
    if (error instanceof InvalidRuleError) return error.message;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('a rule', () => {
  it('is accepted on its own or in a list', () => {
    expect(readRules({ effect: 'drop-answer' })).toEqual([{ effect: 'drop-answer' }]);
    expect(readRules([{ effect: 'pause-aurora' }, { effect: 'lose', queue: 'Jobs' }])).toEqual([
      { effect: 'pause-aurora', resume_seconds: 15, refusal: 'resuming' },
      { effect: 'lose', queue: 'Jobs' },
    ]);
  });

  it.each([
    [{ effect: 'explode' }, 'rule.0.effect: must be one of fail, delay, time-out, drop-answer, kill-before'],
    [{}, 'rule.0.effect: must be one of fail'],
    ['fail', 'rule.0: '],
    [{ effect: 'delay' }, 'rule.0.milliseconds: '],
    [{ effect: 'fail', status: 200 }, 'rule.0.status: '],
    [{ effect: 'fail', cller: 'Worker' }, 'rule.0: Unrecognized key: "cller"'],
    [{ effect: 'lose' }, 'rule.0.queue: '],
    [[{ effect: 'fail' }, { effect: 'fail', times: 0 }], 'rule.1.times: '],
    [
      { effect: 'fail', at: {} },
      'rule.0.at: use exactly one of "nth", "from", "first", and "share" with "seed"',
    ],
    [{ effect: 'fail', at: { nth: 1, first: 2 } }, 'rule.0.at: use exactly one of'],
    [{ effect: 'fail', at: { share: 0.5 } }, 'rule.0.at: "share" and "seed" must be used together'],
    [{ effect: 'fail', at: { nth: 1, seed: 7 } }, 'rule.0.at: "share" and "seed" must be used together'],
    [{ effect: 'fail', at: { share: 5, seed: 7 } }, 'rule.0.at.share: '],
    [{ effect: 'throttle', function: 'Worker' }, 'rule.0: use either "seconds" or "invocations"'],
    [{ effect: 'throttle', function: 'Worker', seconds: 1, invocations: 1 }, 'rule.0: use either'],
  ])('is refused if it is %j, and the error names the field', (rule, message) => {
    expect(refusal(rule)).toContain(message);
  });
});
