import type * as z from 'zod';
import type { listedStep } from '../job-schema.ts';

/** A step in the API's format. */
export type ListedStep = z.output<typeof listedStep>;

export interface StepPage {
  readonly steps: readonly ListedStep[];
  /**
   * The position of the page's last step, in the order in which steps were first recorded. Null if there are no more steps.
   */
  readonly continueAfter: number | null;
}

/** The maximum size of a step's result in a list, in bytes of JSON. */
export const MAX_LISTED_RESULT_BYTES = 4 * 1024;

/** The maximum number of steps per page. A page with this many results fits into one Data API response (1 MiB). */
export const MAX_LISTED_STEPS = 100;

export interface StepReader {
  /**
   * Returns a page of a job's steps, in the order in which they were first recorded; undefined if the tenant has no such job.
   *
   * @param after the previous page's {@link StepPage.continueAfter}
   */
  steps(
    tenant: string,
    jobId: string,
    after: number | undefined,
    limit: number,
  ): Promise<StepPage | undefined>;
}
