import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  nextOfRate,
  readRate,
  nextTime,
  rateRecurrence,
} from '../../../lambdas/schedule-expression/recurrence.ts';

describe('a rate', () => {
  it.each([
    ['1 minute', 60_000, '1 minute'],
    ['2 minutes', 120_000, '2 minutes'],
    ['1 hours', 3_600_000, '1 hour'],
    ['7 day', 604_800_000, '7 days'],
  ])('%s', (text, periodMs, written) => {
    expect(readRate(text)).toEqual({ periodMs, text: written });
  });

  it.each([
    ['2', 'is not a rate'],
    ['every 2 minutes', 'is not a rate'],
    ['0 minutes', 'field 1 (value) is "0"'],
    ['1.5 hours', 'field 1 (value) is "1.5"'],
    ['99999999 days', 'field 1 (value)'],
    ['2 weeks', 'field 2 (unit) is "weeks"; it must be minutes, hours or days'],
    ['2 constructors', 'field 2 (unit)'],
  ])('"%s" is refused: %s', (text, message) => {
    expect(() => readRate(text)).toThrow(message);
  });

  it('fires at its anchor and at every period after it, however late it is evaluated', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.nat(10 ** 10),
        fc.nat(10 ** 10),
        (minutes, anchor, after) => {
          const rate = readRate(`${minutes} minutes`);
          const next = nextOfRate(rate, anchor, after);
          expect(next).toBeGreaterThan(after);
          expect((next - anchor) % rate.periodMs).toBe(0);
          expect(next === anchor || next - after <= rate.periodMs).toBe(true);
        },
      ),
    );
  });

  it('stays within its bounds', () => {
    const recurrence = rateRecurrence('1 minute', 0);
    expect(nextTime(recurrence, 0, { from: 120_000 })).toBe(120_000);
    expect(nextTime(recurrence, 60_000, { until: 120_000 })).toBe(120_000);
    expect(nextTime(recurrence, 120_000, { until: 120_000 })).toBeUndefined();
  });
});
