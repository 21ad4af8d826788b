/**
 * As many patterns as `analyze` allows, as long as it allows, for a file of the letter `a` only. At every position of such a file
 * each of them matches for thousands of bytes: up to its end, or from its end back to its middle.
 */
export const SLOWEST_PATTERNS: readonly string[] = Array.from({ length: 50 }, (_, index) =>
  `${'a'.repeat(index % 2 === 0 ? 4095 - index : 2048 + index)}b`.padEnd(4096, 'a'),
);
