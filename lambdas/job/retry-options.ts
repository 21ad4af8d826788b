/** When to retry a failed attempt. */
export interface RetryOptions {
  /**
   * The number of attempts, including the first one: 1–20. A submission's `max_attempts` overrides this number.
   *
   * @default 2
   */
  readonly attempts?: number;
  /**
   * The back-off after the first failure, in seconds: 0–900. The back-off doubles with every further failure.
   *
   * @default 5
   */
  readonly baseSeconds?: number;
  /**
   * The maximum back-off, in seconds: 0–900.
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
