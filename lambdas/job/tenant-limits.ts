/** Counts each tenant’s submissions per second. */
export interface SubmissionRate {
  /**
   * Counts a number of simultaneous submissions and returns how many of them the current second has room for: all of
   * them if there is no limit.
   * @throws StoreUnavailableError
   */
  take(tenant: string, submissions: number): Promise<number>;
}

/** The limits of one tenant. */
export interface TenantLimits {
  /** The most jobs that have not ended; 0 for no limit. */
  maxJobsInFlight: number;
  rate: SubmissionRate;
}
