import * as z from 'zod';
import { addTool, type ToolConnection } from './add-tool.ts';
import { jobLine } from './job-views.ts';
import { jobId } from './job-tools.ts';

/** Adds `submit_job`, `cancel_job` and `retry_job`. */
export function addWriteTools(connection: ToolConnection): void {
  const { errand } = connection;

  addTool(connection, {
    name: 'submit_job',
    title: 'Submit a job',
    description:
      'Submits a job. The job runs as soon as a worker is free. Set object_id to identify what the job works on. A repeated call within ' +
      'the dedup window (5 minutes by default) then returns the same job, with "deduplicated", instead of running another one.',
    input: z.strictObject({
      type: z.string().describe('One of list_job_types'),
      payload: z.record(z.string(), z.unknown()).default({}).describe("By the type's JSON Schema"),
      object_id: z.string().optional(),
      delay_seconds: z.number().min(0).optional().describe('When the job is due, in seconds from now'),
      priority: z.int().min(0).max(9).optional().describe('0 is most urgent; 5 by default'),
      max_attempts: z.int().min(1).optional(),
      timeout_seconds: z.int().min(1).optional().describe('How long one attempt may take'),
      tags: z.array(z.string()).optional().describe('Words by which list_jobs finds the job'),
      metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    }),
    write: { isDestructive: false, isIdempotent: false },
    async run({ type, payload, ...options }, signal) {
      const { job } = await errand.submit(type, payload, {
        objectId: options.object_id,
        delaySeconds: options.delay_seconds,
        priority: options.priority,
        maxAttempts: options.max_attempts,
        timeoutSeconds: options.timeout_seconds,
        tags: options.tags,
        metadata: options.metadata,
        signal,
      });
      return { ...jobLine(job), deduplicated: job.deduplicated };
    },
  });

  addTool(connection, {
    name: 'cancel_job',
    title: 'Cancel a job',
    description: 'Cancels a job. A waiting job is canceled immediately; a running one is asked to stop.',
    input: z.strictObject({ job_id: jobId }),
    write: { isDestructive: true, isIdempotent: true },
    run: async ({ job_id: id }, signal) => jobLine(await errand.cancel(id, { signal })),
  });

  addTool(connection, {
    name: 'retry_job',
    title: 'Retry a job',
    description: 'Runs a failed or canceled job again, with at least one more attempt.',
    input: z.strictObject({ job_id: jobId }),
    write: { isDestructive: false, isIdempotent: false },
    run: async ({ job_id: id }, signal) => jobLine(await errand.retry(id, { signal })),
  });
}
