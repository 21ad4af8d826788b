import * as z from 'zod';
import { named } from '../components.ts';
import { submittedSummary } from './job.ts';
import { problem } from './problem.ts';

const batchItem = z.union([
  z.object({ status: z.union([z.literal(200), z.literal(201)]), job: submittedSummary }),
  z.object({ status: z.int().min(400).max(599), problem }),
]);

/** The outcome of one submission: what `POST /v1/jobs` would respond, without payload and result. */
export type BatchItem = z.output<typeof batchItem>;

export const batchOutcome = named('BatchOutcome', z.object({ items: z.array(batchItem) }));
