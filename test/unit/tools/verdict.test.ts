import { describe, expect, it } from '@jest/globals';
import { compare } from '../../../tools/benchmarks/against/verdict.ts';

const LOWER = { better: 'lower' } as const;
const HIGHER = { better: 'higher' } as const;

describe('the verdict of a comparison', () => {
  it('says worse for a figure that rose, if lower is better', () => {
    const compared = compare([10, 10.1, 9.9, 10, 10.1], [12, 12.1, 11.9, 12, 12.1], LOWER);
    expect(compared).toMatchObject({ verdict: 'worse', then: { median: 10 }, now: { median: 12 } });
    expect(compared.ratio).toBeCloseTo(1.2);
  });

  it('says better for the same figure, if higher is better', () => {
    expect(compare([10, 10.1, 9.9, 10, 10.1], [12, 12.1, 11.9, 12, 12.1], HIGHER).verdict).toBe('better');
  });

  it('says no worse for a difference within the noise of one version', () => {
    const compared = compare([10, 10.3, 9.9, 10.2, 10], [10.1, 10.4, 10, 10.2, 10.3], LOWER);
    expect(compared.verdict).toBe('no worse within the noise');
    expect(compared.noise).toBeGreaterThan(0.01);
    expect(compared.noise).toBeLessThan(0.1);
  });

  it('does not say no worse if the noise could hide a change of more than 10 %', () => {
    expect(compare([10, 14, 9, 13, 8], [11, 9, 15, 10, 13], LOWER).verdict).toBe('too noisy to tell');
  });

  it('still says worse if the change exceeds a large noise', () => {
    expect(compare([10, 14, 9, 13, 8], [110, 90, 150, 100, 130], LOWER).verdict).toBe('worse');
  });

  it('is not affected by one disturbed round', () => {
    const compared = compare([10, 10.1, 30, 10, 10.1], [11.5, 11.6, 11.4, 11.5, 11.6], LOWER);
    expect(compared.verdict).toBe('worse');
  });

  it('treats differences below 1 % as noise, even if all rounds are the same', () => {
    expect(compare([1000, 1000], [1009, 1009], LOWER)).toMatchObject({
      noise: 0.01,
      verdict: 'no worse within the noise',
    });
  });

  it('counts any difference of exact values, in a single round', () => {
    expect(compare([1000], [1001], { ...LOWER, exact: true })).toMatchObject({ noise: 0, verdict: 'worse' });
    expect(compare([1000], [999], { ...LOWER, exact: true }).verdict).toBe('better');
    expect(compare([1000], [1000], { ...LOWER, exact: true }).verdict).toBe('no worse within the noise');
  });

  it.each([[0], [-1], [NaN], [Infinity]])('refuses the value %s, which has no ratio', (value) => {
    expect(() => compare([1, 1], [1, value], LOWER)).toThrow('Cannot compare');
  });

  it('refuses a single round of values that vary', () => {
    expect(() => compare([1], [1], LOWER)).toThrow(RangeError);
  });
});

describe('a comparison of noisy values', () => {
  const normal = (random: () => number): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

  const MACHINES: readonly [string, (random: () => number) => number][] = [
    ['whose rounds vary by 3 %', (random) => Math.exp(0.03 * normal(random))],
    ['whose rounds have a long tail', (random) => 1 - 0.03 * Math.log(1 - random())],
    [
      'that disturbs a tenth of the rounds',
      (random) => Math.exp(0.02 * normal(random)) * (random() < 0.1 ? 1.4 : 1),
    ],
  ];

  it.each(MACHINES)(
    'reports a difference between equal versions in at most 5 of 100 comparisons on a machine %s',
    (_, round) => {
      for (const rounds of [5, 7, 9]) {
        const random = seededRandom(7);
        const verdicts = Array.from(
          { length: 2_000 },
          () =>
            compare(
              take(rounds, () => round(random)),
              take(rounds, () => round(random)),
              LOWER,
            ).verdict,
        );
        const wrong = verdicts.filter((verdict) => verdict === 'worse' || verdict === 'better').length;
        expect(wrong / verdicts.length).toBeLessThan(0.05);
      }
    },
  );

  it.each(MACHINES)(
    'reports a change of 15 % in at least 90 of 100 comparisons on a machine %s',
    (_, round) => {
      const random = seededRandom(11);
      const verdicts = Array.from(
        { length: 1_000 },
        () =>
          compare(
            take(7, () => round(random)),
            take(7, () => 1.15 * round(random)),
            LOWER,
          ).verdict,
      );
      expect(verdicts.filter((verdict) => verdict === 'worse').length).toBeGreaterThan(900);
    },
  );
});

function take(count: number, value: () => number): number[] {
  return Array.from({ length: count }, value);
}

/**
 * Returns a pseudo-random number generator (mulberry32). With the same seed, the generator always yields the same numbers, which are at least 0 and
 * less than 1.
 */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
