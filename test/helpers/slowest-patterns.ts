/**
 * The slowest patterns that `analyze` accepts, for a file that consists only of the letter `a`. There are as many patterns as `analyze` allows, each
 * with the maximum length. In a file of only `a`s, a comparison at any position matches thousands of bytes before it fails at the pattern's `b`. In
 * half of the patterns, the `b` is near the end, which slows down forward comparisons. In the other half, the `b` is near the middle, which also
 * slows down backward comparisons.
 */
export const SLOWEST_PATTERNS: readonly string[] = Array.from({ length: 50 }, (_, index) =>
  `${'a'.repeat(index % 2 === 0 ? 4095 - index : 2048 + index)}b`.padEnd(4096, 'a'),
);
