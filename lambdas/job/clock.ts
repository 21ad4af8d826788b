/** The source of the current time, new ids and random numbers. */
export interface Clock {
  readonly now: () => Date;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** A random number in [0, 1). */
  readonly random: () => number;
}
