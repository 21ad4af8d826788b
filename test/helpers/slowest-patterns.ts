/**
 * The maximum number of patterns of the maximum length for `analyze`, for a file of only the letter `a`. At
 * every position of such a file, each pattern matches thousands of bytes: up to its end, or from its end back
 * to its middle.
 */
export const SLOWEST_PATTERNS: readonly string[] = Array.from({ length: 50 }, (_, index) =>
  `${'a'.repeat(index % 2 === 0 ? 4095 - index : 2048 + index)}b`.padEnd(4096, 'a'),
);
