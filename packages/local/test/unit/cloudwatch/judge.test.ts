import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { judge, TREATMENTS, type AlarmState, type Rule } from '../../../src/cloudwatch/judge.ts';

/** The rule of an alarm that goes off if the value is above 0 in 3 of 3 periods. */
const RULE: Rule = {
  comparison: 'GreaterThanThreshold',
  threshold: 0,
  evaluationPeriods: 3,
  datapointsToAlarm: 3,
  treatMissingData: 'missing',
};

/** Parses the data points in AWS's tables: `0` is within the threshold, `X` breaches the threshold, and `-` is missing. */
function datapoints(row: string): (number | undefined)[] {
  return row.split('').map((sign) => ({ '0': 0, X: 1 })[sign]);
}

const OK: AlarmState = 'OK';
const ALARM: AlarmState = 'ALARM';
const INSUFFICIENT: AlarmState = 'INSUFFICIENT_DATA';
const RETAINED = undefined;

// Tests the two tables in https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html, with the columns
// missing, ignore, breaching and not breaching.
describe("AWS's table of 3 out of 3 data points", () => {
  it.each([
    ['0-X-X', [OK, OK, OK, OK]],
    ['0----', [OK, OK, OK, OK]],
    ['-----', [INSUFFICIENT, RETAINED, ALARM, OK]],
    ['0XX-X', [ALARM, ALARM, ALARM, ALARM]],
    ['--X--', [ALARM, RETAINED, ALARM, OK]],
  ])('judges %s like AWS', (row, expected) => {
    const states = (['missing', 'ignore', 'breaching', 'notBreaching'] as const).map((treatMissingData) =>
      judge(datapoints(row), { ...RULE, treatMissingData }),
    );
    expect(states).toEqual(expected);
  });
});

describe("AWS's table of 2 out of 3 data points", () => {
  it.each([
    ['0-X-X', [ALARM, ALARM, ALARM, ALARM]],
    ['00X0X', [ALARM, ALARM, ALARM, ALARM]],
    ['0-X--', [OK, OK, ALARM, OK]],
    ['----0', [OK, OK, ALARM, OK]],
    ['---X-', [ALARM, RETAINED, ALARM, OK]],
  ])('judges %s like AWS', (row, expected) => {
    const states = (['missing', 'ignore', 'breaching', 'notBreaching'] as const).map((treatMissingData) =>
      judge(datapoints(row), { ...RULE, datapointsToAlarm: 2, treatMissingData }),
    );
    expect(states).toEqual(expected);
  });
});

describe('an alarm whose first breaching data point is too new', () => {
  it.each(['----X', '---X-'])('does not go into ALARM early with %s', (row) => {
    expect(judge(datapoints(row), RULE)).toBe(INSUFFICIENT);
  });
});

describe('an evaluation', () => {
  const value = fc.option(fc.constantFrom(0, 1), { nil: undefined });
  const alarm = fc
    .record({
      evaluationPeriods: fc.integer({ min: 1, max: 6 }),
      treatMissingData: fc.constantFrom(...TREATMENTS),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ evaluationPeriods, treatMissingData, part }): Rule => {
      const datapointsToAlarm = Math.max(1, Math.ceil(part * evaluationPeriods));
      return { ...RULE, evaluationPeriods, datapointsToAlarm, treatMissingData };
    });
  const ranges = (rule: Rule, each: fc.Arbitrary<number | undefined> = value) =>
    fc.array(each, { minLength: rule.evaluationPeriods + 2, maxLength: rule.evaluationPeriods + 2 });

  it('of complete data counts the breaching data points in the evaluation periods, regardless of how missing data is treated', () => {
    const withData = alarm.chain((rule) => fc.tuple(fc.constant(rule), ranges(rule, fc.constantFrom(0, 1))));
    fc.assert(
      fc.property(withData, ([rule, range]) => {
        const breaching = range.slice(-rule.evaluationPeriods).filter((each) => each === 1).length;
        expect(judge(range, rule)).toBe(breaching >= rule.datapointsToAlarm ? ALARM : OK);
      }),
    );
  });

  it('is ALARM only with a breaching data point, unless missing data counts as breaching', () => {
    const withData = alarm.chain((rule) => fc.tuple(fc.constant(rule), ranges(rule)));
    fc.assert(
      fc.property(withData, ([rule, range]) => {
        if (rule.treatMissingData === 'breaching' || range.includes(1)) return;
        expect(judge(range, rule)).not.toBe(ALARM);
      }),
    );
  });

  it('that treats missing data as breaching or not breaching equals one with such data points', () => {
    const withData = alarm.chain((rule) => fc.tuple(fc.constant(rule), ranges(rule)));
    fc.assert(
      fc.property(withData, ([rule, range]) => {
        const real = range.filter((each) => each !== undefined);
        if (real.length >= rule.evaluationPeriods) return;
        for (const [treatMissingData, filler] of [
          ['breaching', 1],
          ['notBreaching', 0],
        ] as const) {
          const filled = [
            ...Array.from({ length: rule.evaluationPeriods - real.length }, () => filler),
            ...real,
          ];
          expect(judge(range, { ...rule, treatMissingData })).toBe(judge(filled, rule));
        }
      }),
    );
  });

  it('does not get worse if a breaching data point is replaced with one within the threshold', () => {
    const rank = (state: AlarmState | undefined) => Number(state === ALARM);
    const withData = alarm.chain((rule) =>
      fc.tuple(fc.constant(rule), ranges(rule), fc.nat(rule.evaluationPeriods + 1)),
    );
    fc.assert(
      fc.property(withData, ([rule, range, index]) => {
        if (range[index] !== 1) return;
        const better = range.with(index, 0);
        expect(rank(judge(better, rule))).toBeLessThanOrEqual(rank(judge(range, rule)));
      }),
    );
  });

  it('keeps the state only if missing data is ignored', () => {
    const withData = alarm.chain((rule) => fc.tuple(fc.constant(rule), ranges(rule)));
    fc.assert(
      fc.property(withData, ([rule, range]) => {
        if (judge(range, rule) === undefined) expect(rule.treatMissingData).toBe('ignore');
      }),
    );
  });
});
