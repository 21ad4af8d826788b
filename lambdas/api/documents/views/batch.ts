import * as z from 'zod';
import type { BatchItem } from '../../routes/batch.ts';
import { named } from '../components.ts';
import { shapeOf } from '../shape.ts';
import { submittedSummary } from './job.ts';
import { problem } from './problem.ts';

const batchItem = shapeOf<BatchItem>()(
  z.union([
    z.object({ status: z.union([z.literal(200), z.literal(201)]), job: submittedSummary }),
    z.object({ status: z.int().min(400).max(599), problem }),
  ]),
);

export const batchOutcome = named('BatchOutcome', z.object({ items: z.array(batchItem) }));
