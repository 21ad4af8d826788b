import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { createCloudWatchClock } from '../../../src/cloudwatch/clock.ts';
import { createMetricStore, KEPT_MS, MINUTE_MS } from '../../../src/cloudwatch/metric-store.ts';
import { Samples } from '../../../src/cloudwatch/samples.ts';
import { statisticNamed } from '../../../src/cloudwatch/statistic.ts';

const METRIC = { namespace: 'Shop', name: 'Latency', dimensions: { page: 'cart' } };
const NOON = Date.parse('2026-11-28T12:00:00Z');

describe('statistics', () => {
  const values = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 200 });
  const all = (list: readonly number[]): Samples => {
    const samples = new Samples();
    for (const value of list) samples.add(value);
    return samples;
  };
  const statistic = (name: string, samples: Samples) => statisticNamed(name)?.(samples);

  it('cover all values, however the values are split into buckets', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 5 }), (buckets) => {
        const merged = new Samples();
        for (const bucket of buckets) merged.merge(all(bucket));
        const together = all(buckets.flat());
        for (const name of ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum', 'p50', 'p99', 'p100'])
          expect(statistic(name, merged)).toBe(statistic(name, together));
      }),
    );
  });

  it('return the value at its rank for a percentile', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 100 }), (list, percentile) => {
        const sorted = list.toSorted((a, b) => a - b);
        const expected = sorted[Math.ceil((percentile / 100) * list.length) - 1];
        expect(statistic(`p${percentile}`, all(list))).toBe(expected);
      }),
    );
  });

  it('are off by at most 5 % if there are many different values', () => {
    const list = Array.from({ length: 10_000 }, (_, index) => index + 1);
    const p99 = statistic('p99', all(list)) ?? 0;
    expect(Math.abs(p99 - 9_900) / 9_900).toBeLessThan(0.05);
  });

  it('do not include percentiles of negative values or statistic sets', () => {
    expect(statistic('p50', all([-1, 1]))).toBeUndefined();
    const set = new Samples();
    set.addSet({ sampleCount: 2, sum: 3, minimum: 1, maximum: 2 });
    expect(statistic('p50', set)).toBeUndefined();
    expect(statistic('Average', set)).toBe(1.5);
    const same = new Samples();
    same.addSet({ sampleCount: 2, sum: 2, minimum: 1, maximum: 1 });
    expect(statistic('p50', same)).toBe(1);
  });

  it('other than these are unknown', () => {
    for (const name of ['tm90', 'IQM', 'p101', 'p', 'sum', 'toString'])
      expect(statisticNamed(name)).toBeUndefined();
  });
});

describe('the metric store', () => {
  it('separates units and dimension values', () => {
    const store = createMetricStore(() => undefined);
    store.recordValue(METRIC, 'Milliseconds', NOON, 1);
    store.recordValue(METRIC, 'Seconds', NOON, 2);
    store.recordValue({ ...METRIC, dimensions: { page: 'home' } }, 'Seconds', NOON, 4);
    store.recordValue({ ...METRIC, dimensions: {} }, 'Seconds', NOON, 8);
    const sum = (metric: typeof METRIC, unit?: 'Seconds') =>
      store.samples(metric, unit, NOON, NOON + MINUTE_MS)?.sum;
    expect(sum(METRIC)).toBe(3);
    expect(sum(METRIC, 'Seconds')).toBe(2);
    expect(sum({ ...METRIC, dimensions: { page: 'home' } })).toBe(4);
  });

  it('reads from one minute up to, but not including, another', () => {
    const store = createMetricStore(() => undefined);
    for (const [offset, value] of [
      [-1, 1],
      [0, 2],
      [59_999, 4],
      [60_000, 8],
    ] as const)
      store.recordValue(METRIC, 'Count', NOON + offset, value);
    expect(store.samples(METRIC, undefined, NOON, NOON + MINUTE_MS)?.sum).toBe(6);
  });

  it('forgets data older than 73 hours', () => {
    const store = createMetricStore(() => undefined);
    store.recordValue(METRIC, 'Count', NOON, 1);
    store.prune(NOON + KEPT_MS);
    expect([...store.metrics()]).toHaveLength(1);
    store.prune(NOON + KEPT_MS + MINUTE_MS);
    expect([...store.metrics()]).toEqual([]);
    expect(store.samples(METRIC, undefined, NOON, NOON + MINUTE_MS)).toBeUndefined();
  });

  it('reports once that there are too many metrics', () => {
    const lines: string[] = [];
    const store = createMetricStore((line) => lines.push(line));
    for (let index = 0; index < 5_010; index += 1)
      store.recordValue({ ...METRIC, dimensions: { page: `page ${index}` } }, 'Count', NOON, 1);
    expect([...store.metrics()]).toHaveLength(5_000);
    expect(lines).toEqual([
      expect.stringMatching(/more than 5000 metrics\. Further metrics are dropped.*Shop Latency/),
    ]);
  });
});

describe("CloudWatch's clock", () => {
  it("follows the system's clock, can be stopped, and continues from where it stopped", () => {
    let system = NOON;
    const clock = createCloudWatchClock(() => system);
    expect(clock.now()).toBe(NOON);
    system += 1_000;
    clock.stopIn(60_000);
    system += 5_000;
    expect(clock.now()).toBe(NOON + 61_000);
    clock.stopIn(60_000);
    expect(clock.now()).toBe(NOON + 121_000);
    clock.resume();
    system += 1_000;
    expect(clock.now()).toBe(NOON + 122_000);
    expect([NOON, NOON + 1_500, NOON + 6_500].map((time) => clock.at(time))).toEqual([
      NOON,
      NOON + 61_000,
      NOON + 121_500,
    ]);
  });
});
