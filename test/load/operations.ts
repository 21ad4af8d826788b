/** One request of the load: a single submission, or a batch. */
export type Operation = readonly string[];

/** The percentage of submissions that repeat a recent object. */
const DUPLICATES_PERCENT = 10;

/**
 * The number of most recent objects from which a duplicate is chosen. The number is small, so that a duplicate may be sent while the object's first
 * submission is still in progress.
 */
const DUPLICATE_REACH = 200;

/** The percentage of requests that are batches. */
const BATCHES_PERCENT = 5;

/** The maximum number of jobs in a batch. */
const MAX_BATCH = 40;

/**
 * Generates the object_ids to submit, grouped by request. The requests contain `jobs` different ids, about half of them in batches, plus duplicates.
 *
 * @param random returns a number from 0 up to, but not including, 1
 */
export function* operations(jobs: number, random: () => number): Generator<Operation> {
  const below = (limit: number): number => Math.floor(random() * limit);
  const objectId = (index: number): string => `load-${index}`;
  let fresh = 0;
  while (fresh < jobs) {
    const size = below(100) < BATCHES_PERCENT ? 2 + below(MAX_BATCH - 1) : 1;
    const objectIds: string[] = [];
    while (objectIds.length < size && fresh < jobs) {
      if (fresh > 0 && below(100) < DUPLICATES_PERCENT) {
        objectIds.push(objectId(fresh - 1 - below(Math.min(fresh, DUPLICATE_REACH))));
      } else {
        objectIds.push(objectId(fresh));
        fresh += 1;
      }
    }
    yield objectIds;
  }
}

/** Mulberry32, a random number generator that returns the same numbers for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
