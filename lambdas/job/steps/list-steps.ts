import type * as z from 'zod';
import type { listedStep } from '../job-schema.ts';

/** A step as the API shows it. */
export type ListedStep = z.output<typeof listedStep>;

/** The place of a step in the order in which the steps of a job were first recorded. */
export interface StepPosition {
  readonly place: number;
  readonly step: string;
}

export interface StepPage {
  readonly steps: readonly ListedStep[];
  /** Where the next page begins; null if there is no further step. */
  readonly continueAfter: StepPosition | null;
}

/** The largest result of a step in a list, in bytes of JSON. */
export const MAX_LISTED_RESULT_BYTES = 4 * 1024;

/** The most steps of one page: their results fit into an answer of the Data API (1 MiB). */
export const MAX_LISTED_STEPS = 100;

export interface StepReader {
  /** A page of a job's steps, the first recorded first. Undefined if the tenant has no such job. */
  steps(
    tenant: string,
    jobId: string,
    after: StepPosition | undefined,
    limit: number,
  ): Promise<StepPage | undefined>;
}
