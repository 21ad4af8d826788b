/** When a failed attempt is followed by another one. */
export interface RetryOptions {
  /**
   * The number of attempts, including the first one. 1–20. A submission's `max_attempts` overrides it.
   *
   * @default 2
   */
  readonly attempts?: number;
  /**
   * The back-off after the first failure, in seconds; every further failure doubles it. 0–900.
   *
   * @default 5
   */
  readonly baseSeconds?: number;
  /**
   * The longest back-off, in seconds. 0–900.
   *
   * @default 300
   */
  readonly capSeconds?: number;
  /**
   * Whether to retry an attempt that exceeded its timeout.
   *
   * @default false: the job fails
   */
  readonly onTimeout?: boolean;
}
