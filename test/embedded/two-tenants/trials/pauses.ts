import { expect } from '@jest/globals';
import type { Schema } from 'errand-client';
import type { SubmittedView } from '../../../helpers/api-client.ts';
import type { Tenant } from '../tenant.ts';
import type { Trial } from '../side-effects.ts';

const JOB = { type: 'sleep', payload: { seconds: 0 } };

const heldBy = async (tenant: Tenant): Promise<number> => {
  const { items } = await tenant.get<Schema<'QueueList'>>('/v1/queues');
  return items.reduce((sum, { held }) => sum + held.pause, 0);
};

/** Submits a job that a pause holds back, waits until a worker has parked the job, and returns the job's id. */
async function held(tenant: Tenant): Promise<string> {
  const { job_id: jobId } = await tenant.post<SubmittedView>('/v1/jobs', JOB);
  while ((await heldBy(tenant)) === 0);
  return jobId;
}

export const PAUSES: Trial = {
  title: 'pauses, limits and their removal affect only their own tenant’s jobs',
  async attack(attacker, world) {
    const bystander = await world.newTenant();
    for (const path of ['/v1/queues/default', '/v1/job-types/sleep']) {
      await attacker.put(`${path}/pause`);
      const jobId = await held(attacker);
      expect(await bystander.run(JOB)).toMatchObject({ status: 'success' });
      expect(await heldBy(bystander)).toBe(0);

      // The end of another tenant's pause must not wake this tenant's jobs.
      await bystander.put(`${path}/pause`);
      const theirs = await held(bystander);
      expect(await attacker.put(`${path}/resume`)).toMatchObject({ woken: 1, more: false });
      expect(await attacker.ended(jobId)).toMatchObject({ status: 'success' });
      expect(await heldBy(bystander)).toBe(1);
      expect(await bystander.put(`${path}/resume`)).toMatchObject({ woken: 1 });
      expect(await bystander.ended(theirs)).toMatchObject({ status: 'success' });
    }

    const key = '/v1/concurrency-keys?key=shared';
    await attacker.put(key, { limit: 0 });
    await bystander.put(key, { limit: 3 });
    const limitsOf = async (tenant: Tenant) =>
      (await tenant.get<Schema<'ConcurrencyKeyPage'>>('/v1/concurrency-keys')).items.map(
        ({ limit }) => limit,
      );
    expect([await limitsOf(attacker), await limitsOf(bystander)]).toEqual([[0], [3]]);
    expect(await attacker.call('DELETE', key)).toMatchObject({ status: 200 });
    expect([await limitsOf(attacker), await limitsOf(bystander)]).toEqual([[], [3]]);
  },
};
