import fc from 'fast-check';

/** Functions that make random choices. */
export interface Pick {
  /** Returns one of the values. @throws Error if there are no values */
  from<Value>(...values: readonly Value[]): Value;
  /** Returns a whole number from 0 to `max`. */
  upTo(max: number): number;
  /** Returns a whole number from `min` to `max`. */
  between(min: number, max: number): number;
  bytes(maxLength: number): Uint8Array;
  of<Value>(values: fc.Arbitrary<Value>): Value;
}

/** Creates a generator that calls `make`, which builds each value from random choices. */
export function chosenBy<Value>(make: (pick: Pick) => Value): fc.Arbitrary<Value> {
  return fc.gen().map((generator) =>
    make({
      from: (...values) => {
        const index = generator(fc.nat, Math.max(0, values.length - 1));
        if (values.length === 0) throw new Error('There is nothing to choose from.');
        return values[index] as (typeof values)[number];
      },
      upTo: (max) => generator(fc.nat, max),
      between: (min, max) => generator(fc.integer, { min, max }),
      bytes: (maxLength) => generator(fc.uint8Array, { maxLength }),
      of: (values) => generator(() => values),
    }),
  );
}
