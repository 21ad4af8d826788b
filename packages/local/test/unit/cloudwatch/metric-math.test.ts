import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { compileExpression } from '../../../src/cloudwatch/metric-math.ts';
import type { Series } from '../../../src/cloudwatch/series.ts';

const gap = undefined;

/** Evaluates an expression over these time series. */
function evaluate(expression: string, series: Record<string, Series>): Series {
  const length = Object.values(series)[0]?.length ?? 0;
  return compileExpression(expression).evaluate({
    length,
    periodSeconds: 60,
    series: (id) => series[id] ?? [],
    metricIds: Object.keys(series),
  });
}

describe('arithmetic', () => {
  it.each([
    ['m1 + m2 * 2', [5, 10]],
    ['(m1 + m2) * 2', [6, 12]],
    ['m1 - m2 - 1', [-2, -3]],
    ['-m1 ^ 2', [-1, -4]],
    ['2 ^ m2 ^ 1', [4, 16]],
    ['100 * m1 / m2', [50, 50]],
  ])('computes %s', (expression, expected) => {
    expect(evaluate(expression, { m1: [1, 2], m2: [2, 4] })).toEqual(expected);
  });

  it('treats a value that is missing on one side as 0, and drops results that cannot be computed', () => {
    expect(evaluate('m1 + m2', { m1: [1, gap, gap], m2: [gap, 2, gap] })).toEqual([1, 2, gap]);
    expect(evaluate('m1 / m2', { m1: [1, 1, gap], m2: [0, 2, 4] })).toEqual([gap, 0.5, 0]);
    expect(evaluate('m1 * 2', { m1: [1, gap] })).toEqual([2, gap]);
  });
});

// Tests the examples from https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
describe("AWS's examples", () => {
  const series = { metric1: [30, 20, 0, 0], metric2: [20, gap, 20, gap] };

  it.each([
    ['metric1 < metric2', [0, 0, 1, 0]],
    ['metric1 >= 30', [1, 0, 0, 0]],
    ['metric1 > 15 AND metric2 > 15', [1, 0, 0, 0]],
    ['metric1 > 15 && metric2 > 15', [1, 0, 0, 0]],
  ])('compare %s', (expression, expected) => {
    expect(evaluate(expression, series)).toEqual(expected);
  });

  const choices = {
    metric1: [1, 1, 0, 0, gap],
    metric2: [30, gap, 0, 0, 30],
    metric3: [0, 0, 20, gap, 20],
  };

  it.each([
    ['IF(metric1, metric2, metric3)', [30, 0, 20, gap, gap]],
    ['IF(metric1, 5, metric3)', [5, 5, 20, gap, gap]],
    ['IF(metric1, metric2, 5)', [30, 0, 5, 5, gap]],
    ['IF(metric1, metric2)', [30, 0, gap, gap, gap]],
  ])('choose by %s', (expression, expected) => {
    expect(evaluate(expression, choices)).toEqual(expected);
  });
});

describe('functions', () => {
  const series = { m1: [1, gap, 4], m2: [gap, gap, 2], errors: [0, 1, gap] };

  it.each([
    ['SUM([m1, m2])', [1, gap, 6]],
    ['MAX([m1, m2])', [1, gap, 4]],
    ['MIN([m1, m2])', [1, gap, 2]],
    ['AVG([m1, m2])', [0.5, gap, 3]],
    ['SUM(METRICS())', [1, 1, 6]],
    ["SUM(METRICS('err'))", [0, 1, gap]],
    ['m1 / MAX(m1)', [0.25, gap, 1]],
    ['FILL(m1, 0)', [1, 0, 4]],
    ['FILL(m1, REPEAT)', [1, 1, 4]],
    ['FILL(m2, REPEAT)', [gap, gap, 2]],
    ['FILL(m1, errors)', [1, 1, 4]],
    ['SUM(FILL(METRICS(), 0))', [1, 1, 6]],
    ['m1 / PERIOD(m1)', [1 / 60, gap, 4 / 60]],
    ['ABS(-m1)', [1, gap, 4]],
    ['CEIL(m1 / 3)', [1, gap, 2]],
    ['FLOOR(m1 / 3)', [0, gap, 1]],
    ['m1 * METRIC_COUNT(METRICS())', [3, gap, 12]],
    ['TIME_SERIES(7)', [7, 7, 7]],
  ])('compute %s', (expression, expected) => {
    expect(evaluate(expression, series)).toEqual(expected);
  });

  it('are refused by name if they are unknown', () => {
    expect(() => compileExpression('ANOMALY_DETECTION_BAND(m1, 2)')).toThrow(
      /does not support the function ANOMALY_DETECTION_BAND .* Supported functions: ABS, AVG/,
    );
    expect(() => compileExpression('FILL(m1, LINEAR)').evaluate(scopeOf({ m1: [1] }))).toThrow();
  });

  it.each(['m1 +', 'm1 m2', 'SUM(m1', '[m1, m2', '§', 'm1 = 2'])(
    'are refused if %s is not an expression',
    (text) => {
      expect(() => compileExpression(text)).toThrow(/not understood at/);
    },
  );

  it('must return one time series', () => {
    expect(() => evaluate('SUM(m1)', series)).toThrow('returns a number, but must return one time series');
    expect(() => evaluate('METRICS()', series)).toThrow('returns several series');
  });
});

function scopeOf(series: Record<string, Series>) {
  return {
    length: 1,
    periodSeconds: 60,
    series: (id: string) => {
      const found = series[id];
      if (!found) throw new Error(`There is no ${id}.`);
      return found;
    },
    metricIds: Object.keys(series),
  };
}

describe('an expression of numbers', () => {
  /** Generates expressions that use only operators with the same precedence in JavaScript. */
  const { expression } = fc.letrec<{ expression: string; leaf: string; nested: string }>((tie) => ({
    expression: fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('nested')),
    leaf: fc.integer({ min: 1, max: 99 }).map(String),
    nested: fc.oneof(
      fc
        .tuple(tie('expression'), fc.constantFrom('+', '-', '*', '/', '<', '>=', '=='), tie('expression'))
        .map(([left, operator, right]) => `${left} ${operator} ${right}`),
      tie('expression').map((inner) => `(${inner})`),
      tie('expression').map((inner) => `-(${inner})`),
    ),
  }));

  it('has the same value as in JavaScript', () => {
    fc.assert(
      fc.property(expression, (text) => {
        // Expressions with several comparisons are skipped, because JavaScript's comparisons have two precedence levels and return booleans.
        fc.pre((text.match(/[<>=]+/g) ?? []).length <= 1);
        // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- the expression is generated above
        const expected = Number(new Function(`return ${text}`)());
        fc.pre(Number.isFinite(expected));
        const [value] = evaluate(`m1 * 0 + (${text})`, { m1: [1] });
        expect(value).toBeCloseTo(expected, 6);
      }),
    );
  });
});
