import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, JobView, SubmittedView } from '../../helpers/api-client.ts';
import type { Cloud } from '../../helpers/cloud.ts';
import { headerFor } from '../../helpers/keys.ts';

/** A tenant with its API client. */
export interface Tenant {
  call<Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>>;
  submit(job: object): Promise<Answer<SubmittedView>>;
  /** Resolves with the tenant's newest 200 jobs once all its jobs have ended. */
  endedJobs(): Promise<Pick<JobView, 'job_id' | 'create_time' | 'start_time'>[]>;
}

export async function newTenant(cloud: Cloud, name: string): Promise<Tenant> {
  const headers = await headerFor(cloud, name);
  const call: Tenant['call'] = (method, path, body) => cloud.api.call(method, path, body, headers);
  return {
    call,
    submit: (job) => call('POST', '/v1/jobs', job),
    async endedJobs() {
      for (;;) {
        const { body } = await call<{ items: JobView[] }>('GET', '/v1/jobs?limit=200');
        if (body.items.every(({ end_time: endTime }) => endTime !== null)) return body.items;
        await pause(50);
      }
    },
  };
}
