import type * as z from 'zod';
import type { listedStep } from '../job-schema.ts';

/** A step as the API shows it. */
export type ListedStep = z.output<typeof listedStep>;

export interface StepPage {
  readonly steps: readonly ListedStep[];
  /** The place of the last step in the order of first records. Null if there is no further step. */
  readonly continueAfter: number | null;
}

/** The largest result of a step in a list, in bytes of JSON. */
export const MAX_LISTED_RESULT_BYTES = 4 * 1024;

/** The most steps of one page: their results fit into an answer of the Data API (1 MiB). */
export const MAX_LISTED_STEPS = 100;

export interface StepReader {
  /**
   * A page of a job's steps, the first recorded first. Undefined if the tenant has no such job.
   *
   * @param after {@link StepPage.continueAfter} of the page before
   */
  steps(
    tenant: string,
    jobId: string,
    after: number | undefined,
    limit: number,
  ): Promise<StepPage | undefined>;
}
