/**
 * The maximum number of bytes that a step may compare. Comparing this many bytes takes about 2 ms. At every position in the
 * file, `indexOf` may compare most of the pattern, so a step with a longer pattern covers fewer positions.
 */
const COMPARISONS_PER_STEP = 2 * 1024 * 1024;

/** The cost of a match, in comparisons. Each match needs another `indexOf` call. */
const COMPARISONS_PER_MATCH = 128;

/**
 * The number of bytes that are copied at a time. Each slice is searched for all patterns before more bytes are copied, so that
 * the slice stays in the CPU cache.
 */
const SLICE_BYTES = 64 * 1024;

/** Counts patterns in a byte stream. */
export interface MatchCounter {
  /**
   * Searches the next piece of the stream. A piece may have any length. Yields after each step, so that the caller can pause.
   */
  add(piece: Uint8Array): Generator<void, void, undefined>;
  /** Returns the number of matches so far for each pattern, in the patterns' order. */
  counts(): number[];
}

/** The search for one pattern. */
interface Search {
  readonly pattern: Uint8Array;
  /** The maximum number of positions that a step searches. */
  readonly positionsPerStep: number;
  /** The position in the window where the search continues. */
  next: number;
  count: number;
}

/**
 * Counts each pattern's matches separately, from left to right and without overlaps, as if the stream were a single piece.
 *
 * @param patterns non-empty patterns
 */
export function createMatchCounter(patterns: readonly Uint8Array[]): MatchCounter {
  const longest = Math.max(...patterns.map(({ length }) => length));
  // The current slice, preceded by the last bytes of earlier slices, because a match may begin in those bytes.
  const window = Buffer.alloc(longest - 1 + SLICE_BYTES);
  let carried = 0;
  const searches = patterns.map(createSearch);
  return {
    *add(piece) {
      for (let at = 0; at < piece.length; at += SLICE_BYTES) {
        const slice = piece.subarray(at, at + SLICE_BYTES);
        window.set(slice, carried);
        const end = carried + slice.length;
        for (const search of searches) yield* advance(search, window, end);
        const done = Math.min(...searches.map(({ next }) => next));
        window.copyWithin(0, done, end);
        for (const search of searches) search.next -= done;
        carried = end - done;
      }
    },
    counts: () => searches.map(({ count }) => count),
  };
}

function createSearch(pattern: Uint8Array): Search {
  const comparisons = Math.max(pattern.length, COMPARISONS_PER_MATCH);
  return { pattern, positionsPerStep: Math.ceil(COMPARISONS_PER_STEP / comparisons), next: 0, count: 0 };
}

/** Counts the matches that end before `end`. */
function* advance(search: Search, window: Buffer, end: number): Generator<void, void, undefined> {
  const { pattern, positionsPerStep } = search;
  // `indexOf` is faster with a number than with a buffer of one byte.
  const needle = pattern.length === 1 ? (pattern[0] ?? 0) : pattern;
  const positionsEnd = end - pattern.length + 1;
  while (search.next < positionsEnd) {
    const stepEnd = Math.min(search.next + positionsPerStep, positionsEnd);
    const bytes = window.subarray(0, stepEnd + pattern.length - 1);
    let { next } = search;
    for (let match = bytes.indexOf(needle, next); match !== -1; match = bytes.indexOf(needle, next)) {
      search.count += 1;
      next = match + pattern.length;
    }
    search.next = Math.max(next, stepEnd);
    yield;
  }
}
