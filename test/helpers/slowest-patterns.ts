/**
 * The slowest patterns that `analyze` accepts, for a file that consists only of the letter `a`. There are as many patterns as `analyze` allows, each
 * with the maximum length. At every position of such a file, each pattern matches thousands of bytes: either up to the pattern's end, or from its end
 * back to its middle.
 */
export const SLOWEST_PATTERNS: readonly string[] = Array.from({ length: 50 }, (_, index) =>
  `${'a'.repeat(index % 2 === 0 ? 4095 - index : 2048 + index)}b`.padEnd(4096, 'a'),
);
