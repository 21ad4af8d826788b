import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Schema } from 'errand-client';
import type { JobView, ProblemView, SubmittedView } from '../../helpers/api-client.ts';
import { createSchedulerClient, eventOf, fire } from '../../helpers/firings.ts';
import type { Tenant } from './tenant.ts';
import type { World } from './world.ts';

/** The tenant's view of a submitted job: either the reasons for its refusal, or its outcome. */
export type Outcome =
  | { readonly refused: readonly { field: string; message: string }[] }
  | Pick<JobView, 'status' | 'message' | 'result'>;

/** The ways to submit a job. @returns the tenant's final view of the job */
export const WAYS: Readonly<Record<string, (tenant: Tenant, job: object, world: World) => Promise<Outcome>>> =
  {
    async alone(tenant, job) {
      const { status, body } = await tenant.call<SubmittedView>('POST', '/v1/jobs', job);
      return status < 300 ? endOf(tenant, body.job_id) : refusal(body);
    },

    async 'in a batch'(tenant, job) {
      const { items } = await tenant.post<{ items: { job?: SubmittedView; problem?: ProblemView }[] }>(
        '/v1/jobs/batch',
        { jobs: [job] },
      );
      const [item] = items;
      return item?.job ? endOf(tenant, item.job.job_id) : refusal(item?.problem);
    },

    async 'in place of a waiting job'(tenant, job) {
      const submission = { ...job, object_id: randomUUID() };
      const waiting = await tenant.call('POST', '/v1/jobs', { ...submission, delay_seconds: 600 });
      if (waiting.status >= 300) return refusal(waiting.body);
      const { job_id: jobId, replaced } = await tenant.post<SubmittedView>('/v1/jobs', {
        ...submission,
        on_duplicate: 'replace',
      });
      expect(replaced).toBe(true);
      return endOf(tenant, jobId);
    },
    async 'when a batch is completed'(tenant, job) {
      const batch = { id: randomUUID(), on_complete: job };
      const { status, body } = await tenant.call<{ batch: Schema<'Batch'> }>('POST', '/v1/jobs/batch', {
        jobs: [],
        batch,
      });
      return status < 300 ? endOf(tenant, body.batch.on_complete?.job_id ?? 'none') : refusal(body);
    },

    async 'by a schedule'(tenant, job, { cloud }) {
      const name = `of-${tenant.name}`;
      const schedule = { rate: '1 day', start_at: new Date(Date.now() + 86_400_000).toISOString(), job };
      const { status, body } = await tenant.call<Schema<'Schedule'>>(
        'PUT',
        `/v1/schedules/${name}`,
        schedule,
      );
      if (status >= 300) return refusal(body);
      const scheduler = createSchedulerClient(cloud);
      const event = await eventOf(cloud, scheduler, name, schedule.start_at);
      scheduler.destroy();
      const { job_id: jobId } = await fire(cloud, event);
      return endOf(tenant, jobId ?? 'none');
    },
  };

async function endOf(tenant: Tenant, jobId: string): Promise<Outcome> {
  const { status, message, result } = await tenant.ended(jobId);
  // Reads the attempts only to add them to the tenant's recorded traffic.
  await tenant.get(`/v1/jobs/${jobId}/attempts`);
  return { status, message, result };
}

/**
 * Converts a problem document to a refusal. Strips the prefix `job.` (a schedule's job) or `batch.on_complete.` (a batch's on_complete
 * job) from the field names.
 */
function refusal(problem: unknown): Outcome {
  const { errors = [] } = problem as ProblemView;
  return {
    refused: errors.map(({ field, message }) => ({
      field: field.replace(/^(job|batch\.on_complete)\./, ''),
      message,
    })),
  };
}
