/** Counts each tenant's submissions per second. */
export interface SubmissionRate {
  /**
   * Counts a request's submissions, and returns the number that fit into the tenant's rate for the current second. Without a
   * limit, all submissions fit.
   * @throws StoreUnavailableError
   */
  take(tenant: string, submissions: number): Promise<number>;
}

/** One tenant's limits. */
export interface TenantLimits {
  /** The maximum number of unfinished jobs; 0 for no limit. */
  maxJobsInFlight: number;
  rate: SubmissionRate;
}
