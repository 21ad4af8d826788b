// Assumptions about the speed of Aurora Serverless v2 and the RDS Data API.

/**
 * How long a paused database takes to resume, in seconds. AWS says about 15 seconds after a typical pause, and "30 seconds
 * or longer" after a pause of more than 24 hours:
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
 */
export const RESUME_SECONDS = {
  typical: 15,
  afterOneDay: 30,
  /**
   * How long functions wait for the database. AWS gives no upper limit, so this value is a third longer than
   * `afterOneDay`.
   */
  longest: 40,
} as const;

/**
 * Duration of one Data API call, in milliseconds. Users report medians of 20 to 105 ms on Serverless v2, and 99th
 * percentiles above 500 ms; the values here are at the slow end. The median of 105 ms was measured for a warm function that
 * makes one call:
 * https://dev.to/aws-builders/data-api-for-amazon-aurora-serverless-v2-with-aws-sdk-for-java-part-5-basic-cold-and-warm-starts-measurements-4gi9
 */
export const DATA_API_MS = { typical: 100, slow: 500 } as const;

/**
 * The Data API's statement timeout in milliseconds, plus two seconds for the response to arrive:
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api-timeouts.html
 */
export const LONGEST_STATEMENT_MS = 47_000;
