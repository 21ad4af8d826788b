import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createMatchCounter } from '../../../../lambdas/jobs/analyze/match-counter.ts';

interface Counts {
  readonly counts: number[];
  readonly lineFeeds: number;
}

/** Counts the matches naively, by comparing at every position. */
function countNaively(bytes: Buffer, patterns: readonly Buffer[]): Counts {
  const counts = patterns.map((pattern) => {
    let count = 0;
    for (let at = 0; at + pattern.length <= bytes.length;) {
      const isMatch = bytes.subarray(at, at + pattern.length).equals(pattern);
      count += isMatch ? 1 : 0;
      at += isMatch ? pattern.length : 1;
    }
    return count;
  });
  return { counts, lineFeeds: bytes.filter((byte) => byte === 10).length };
}

/** Counts the matches in a file that arrives in pieces, cut at the positions in `cuts`. */
function count(bytes: Buffer, patterns: readonly Buffer[], cuts: readonly number[] = []): Counts {
  const counter = createMatchCounter([Buffer.from('\n'), ...patterns]);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const [index, end] of places.entries()) {
    stepsOf(counter.add(bytes.subarray(places[index - 1] ?? 0, end)));
  }
  const [lineFeeds = 0, ...counts] = counter.counts();
  return { counts, lineFeeds };
}

/** Runs all steps, and returns the number of steps. */
function stepsOf(steps: Iterable<void>): number {
  return [...steps].length;
}

const buffers = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text));

describe('the match counter agrees with a naive count', () => {
  /** Generates strings from a small alphabet, so that many of them repeat, overlap or nearly match. */
  const few = (maxLength: number, minLength = 0) =>
    fc
      .array(fc.constantFrom('a', 'b', '\n', '\r', '\0', 'ÿ'), { minLength, maxLength })
      .map((characters) => Buffer.from(characters.join(''), 'latin1'));
  const any = (maxLength: number, minLength = 0) =>
    fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
  const cuts = fc.array(fc.nat(), { maxLength: 12 });

  it('for a small alphabet, many patterns and any pieces', () => {
    fc.assert(
      fc.property(
        few(300),
        fc.array(few(6, 1), { minLength: 1, maxLength: 50 }),
        cuts,
        (bytes, patterns, at) => {
          expect(count(bytes, patterns, at)).toEqual(countNaively(bytes, patterns));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('for any bytes, with patterns cut out of them', () => {
    const slices = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 60 })), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(
      fc.property(any(600, 1), slices, cuts, (bytes, chosen, at) => {
        const patterns = chosen.map(([start, length]) => {
          const from = start % bytes.length;
          return bytes.subarray(from, from + length);
        });
        expect(count(bytes, patterns, at)).toEqual(countNaively(bytes, patterns));
      }),
      { numRuns: 500 },
    );
  });

  it('for long patterns, some longer than the bytes', () => {
    const runs = fc.array(few(80, 1), { minLength: 1, maxLength: 20 }).map((parts) => Buffer.concat(parts));
    fc.assert(
      fc.property(runs, fc.array(few(80, 1), { minLength: 1, maxLength: 5 }), cuts, (bytes, patterns, at) => {
        expect(count(bytes, patterns, at)).toEqual(countNaively(bytes, patterns));
      }),
      { numRuns: 500 },
    );
  });

  it('for patterns so long that one slice takes many steps', () => {
    const periodic = few(40, 1).map((period) => Buffer.alloc(9_000, period));
    const slices = fc.array(fc.tuple(fc.nat(4_900), fc.integer({ min: 200, max: 4096 })), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(periodic, slices, cuts, fc.nat(8_999), (bytes, chosen, at, place) => {
        const patterns = chosen.map(([from, length]) => Buffer.from(bytes.subarray(from, from + length)));
        bytes[place] = 0x63;
        expect(count(bytes, patterns, at)).toEqual(countNaively(bytes, patterns));
      }),
      { numRuns: 200 },
    );
  });

  it('for more bytes than one slice, in pieces of any size', () => {
    const patterns = buffers(['abc', 'cab', 'a', 'bcabcabcabcabcabcabcabcabcabc', 'x'.repeat(4096)]);
    const bytes = Buffer.concat([
      Buffer.alloc(300_001, 'abc'),
      Buffer.alloc(9_000, 'x'),
      Buffer.alloc(100_000, 'cab\n'),
    ]);
    const expected = countNaively(bytes, patterns);
    expect(expected.counts).toEqual([100_000, 124_999, 125_001, 10_000, 2]);
    for (const size of [1000, 65_536, 131_072, 131_073, 1 << 20]) {
      const places = Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => index * size);
      expect(count(bytes, patterns, places)).toEqual(expected);
    }
    expect(
      count(
        bytes.subarray(-5_000),
        patterns,
        Array.from({ length: 5_000 }, (_, at) => at),
      ),
    ).toEqual(countNaively(bytes.subarray(-5_000), patterns));
  });
});

describe('the match counter counts', () => {
  it.each<[what: string, text: string, patterns: string[], counts: number[], lineFeeds: number]>([
    ['nothing in nothing', '', ['a'], [0], 0],
    ['matches from the left that do not overlap', 'aaaaa', ['aa', 'aaa'], [2, 1], 0],
    ['each pattern by itself', 'abab', ['ab', 'ba', 'abab'], [2, 1, 1], 0],
    ['case by case', 'ERROR Error error', ['ERROR', 'error'], [1, 1], 0],
    ['text beyond ASCII by its bytes', 'naïve naive 💥💥', ['ï', '💥', 'naive'], [1, 2, 1], 0],
    ['across lines', 'a\nb\r\n', ['a\nb', '\r\n'], [1, 1], 2],
    ['a match at the very end', 'xxxERROR', ['ERROR'], [1], 0],
    ['no match that the end cuts off', 'xxxERRO', ['ERROR'], [0], 0],
  ])('%s', (_what, text, patterns, counts, lineFeeds) => {
    expect(count(Buffer.from(text), buffers(patterns))).toEqual({ counts, lineFeeds });
  });

  it('all pieces together', () => {
    const counter = createMatchCounter(buffers(['a']));
    const piece = Buffer.alloc(1 << 20, 'a');
    for (let round = 0; round < 8; round += 1) stepsOf(counter.add(piece));
    expect(counter.counts()).toEqual([8 * 2 ** 20]);
  });
});

describe('a step of the match counter', () => {
  it.each([
    [1, 4],
    [128, 4],
    [1024, 32],
    [4096, 128],
  ])('covers fewer bytes for a longer pattern: with %i bytes, 64 KiB take %i steps', (length, steps) => {
    const counter = createMatchCounter([Buffer.alloc(length, 'a')]);
    stepsOf(counter.add(Buffer.alloc(length - 1, 'b')));
    expect(stepsOf(counter.add(Buffer.alloc(64 * 1024, 'b')))).toBe(steps);
  });
});
