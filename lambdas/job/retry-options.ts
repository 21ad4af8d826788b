/** When a failed attempt is followed by another one. */
export interface RetryOptions {
  /**
   * Attempts in all, the first included. 1–20. A submission's `max_attempts` overrides it.
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
   * Whether an attempt that exceeded its timeout is retried too.
   *
   * @default false: the job fails
   */
  readonly onTimeout?: boolean;
}
