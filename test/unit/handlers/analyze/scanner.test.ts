import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createScanner } from '../../../../lambdas/handlers/analyze/scanner.ts';
import { SCANNER_MODULE_PATH, scannerModule } from '../../../../tools/compile-scanner.ts';

/** What the scanner must come to, one byte at a time. */
function countNaively(bytes: Buffer, patterns: readonly Buffer[]): { counts: number[]; lineFeeds: number } {
  const counts = patterns.map((pattern) => {
    let count = 0;
    for (let at = 0; at + pattern.length <= bytes.length;) {
      const isMatch = pattern.every((byte, index) => bytes[at + index] === byte);
      count += isMatch ? 1 : 0;
      at += isMatch ? pattern.length : 1;
    }
    return count;
  });
  return { counts, lineFeeds: bytes.filter((byte) => byte === 10).length };
}

/** Scans the bytes in pieces that end at these places. */
function scan(bytes: Buffer, patterns: readonly Buffer[], cuts: readonly number[] = []) {
  const scanner = createScanner(patterns);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const [index, end] of places.entries()) scanner.add(bytes.subarray(places[index - 1] ?? 0, end));
  return scanner.end();
}

const buffers = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text));

describe('the scanner comes to what a naive count comes to', () => {
  /** Bytes of few kinds, so that everything repeats, overlaps and nearly matches. */
  const few = (maxLength: number, minLength = 0) =>
    fc
      .array(fc.constantFrom('a', 'b', '\n', '\r', '\0', 'ÿ'), { minLength, maxLength })
      .map((characters) => Buffer.from(characters.join(''), 'latin1'));
  const any = (maxLength: number, minLength = 0) =>
    fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
  const cuts = fc.array(fc.nat(), { maxLength: 12 });

  it('over few kinds of bytes, many patterns and any pieces', () => {
    fc.assert(
      fc.property(
        few(300),
        fc.array(few(6, 1), { minLength: 1, maxLength: 50 }),
        cuts,
        (bytes, patterns, at) => {
          expect(scan(bytes, patterns, at)).toEqual(countNaively(bytes, patterns));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('over any bytes, with patterns that are cut out of them', () => {
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
        expect(scan(bytes, patterns, at)).toEqual(countNaively(bytes, patterns));
      }),
      { numRuns: 500 },
    );
  });

  it('with patterns longer than a block, and longer than the bytes', () => {
    const runs = fc.array(few(80, 1), { minLength: 1, maxLength: 20 }).map((parts) => Buffer.concat(parts));
    fc.assert(
      fc.property(runs, fc.array(few(80, 1), { minLength: 1, maxLength: 5 }), cuts, (bytes, patterns, at) => {
        expect(scan(bytes, patterns, at)).toEqual(countNaively(bytes, patterns));
      }),
      { numRuns: 500 },
    );
  });

  it('over more bytes than are scanned at once, whatever the pieces', () => {
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
      expect(scan(bytes, patterns, places)).toEqual(expected);
    }
    expect(
      scan(
        bytes.subarray(-5_000),
        patterns,
        Array.from({ length: 5_000 }, (_, at) => at),
      ),
    ).toEqual(countNaively(bytes.subarray(-5_000), patterns));
  });
});

describe('the scanner counts', () => {
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
    expect(scan(Buffer.from(text), buffers(patterns))).toEqual({ counts, lineFeeds });
  });

  it('what all its pieces come to together', () => {
    const scanner = createScanner(buffers(['a']));
    const piece = Buffer.alloc(1 << 20, 'a');
    for (let round = 0; round < 8; round += 1) scanner.add(piece);
    expect(scanner.end().counts).toEqual([8 * 2 ** 20]);
  });
});

it('the module is what its source compiles to; else: npm run build:scanner', async () => {
  expect(await readFile(SCANNER_MODULE_PATH, 'utf8')).toBe(await scannerModule());
});
