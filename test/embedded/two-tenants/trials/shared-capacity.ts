import { expect } from '@jest/globals';
import type { Schema } from 'errand-client';
import {
  untilHeld,
  type JobView,
  type ProblemView,
  type SubmittedView,
} from '../../../helpers/api-client.ts';
import type { Cloud } from '../../../helpers/cloud.ts';
import { invoke, sql } from '../../../helpers/embedded.ts';
import { armFaults, disarmFault } from '../../../helpers/faults.ts';
import type { Tenant } from '../tenant.ts';
import { MAX_JOBS_IN_FLIGHT, SUBMISSIONS_PER_SECOND, TENANT_MAX_WAITS } from '../world.ts';
import type { Trial } from '../side-effects.ts';

interface Items {
  items: { status: number; job?: SubmittedView; problem?: ProblemView }[];
}

async function submitAll(tenant: Tenant, jobs: readonly object[]): Promise<SubmittedView[]> {
  const { items } = await tenant.post<Items>('/v1/jobs/batch', { jobs });
  return items.flatMap(({ job }) => job ?? []);
}

async function cancelAll(tenant: Tenant, jobs: readonly SubmittedView[]): Promise<void> {
  for (const { job_id: id } of jobs) await tenant.post(`/v1/jobs/${id}/cancel`);
  for (const { job_id: id } of jobs) await tenant.ended(id);
}

/** Returns as many copies of a job as a tenant may have in flight, which is more jobs than all workers together can run at once. */
const backlog = (job: object): object[] => Array.from({ length: MAX_JOBS_IN_FLIGHT }, () => job);

export const LIMITS: Trial = {
  title: 'a tenant at its limits takes no capacity from other tenants',
  async attack(attacker, world) {
    const job = { delay_seconds: 600 };
    const [canceled] = await submitAll(attacker, [job]);
    await attacker.post(`/v1/jobs/${canceled?.job_id}/cancel`);
    expect(await submitAll(attacker, backlog(job))).toHaveLength(MAX_JOBS_IN_FLIGHT);
    const { items } = await attacker.post<Items>('/v1/jobs/batch', {
      jobs: Array.from({ length: SUBMISSIONS_PER_SECOND + 1 }, () => job),
    });
    expect(items.map(({ status }) => status)).toEqual(items.map(() => 429));
    expect(await attacker.call('POST', '/v1/jobs', job)).toMatchObject({ status: 429 });
    const retried = await attacker.call('POST', `/v1/jobs/${canceled?.job_id}/retry`);
    expect(retried).toMatchObject({ status: 429 });

    const bystander = await world.newTenant();
    expect(await bystander.call('POST', '/v1/jobs', job)).toMatchObject({ status: 201 });
    expect(await submitAll(bystander, [job, job])).toHaveLength(2);
  },
};

export const BATCHES: Trial = {
  title: 'a worker’s batch may contain jobs of several tenants, and each ends as it would in its own batch',
  async attack(attacker, world) {
    const bystander = await world.newTenant();
    const job = { payload: { seconds: 15 }, timeout_seconds: 1, max_attempts: 1 };
    const hanging = [
      ...(await submitAll(attacker, backlog(job).slice(1))),
      await attacker.post<SubmittedView>('/v1/jobs', job),
    ];
    const quick = await submitAll(
      bystander,
      Array.from({ length: 4 }, () => ({ payload: { seconds: 0.01 } })),
    );
    for (const { job_id: id } of quick)
      expect(await bystander.ended(id)).toMatchObject({ status: 'success', attempt: 1 });
    for (const { job_id: id } of hanging)
      expect(await attacker.ended(id)).toMatchObject({ status: 'failed', attempt: 1 });
  },
};

export const KEYS: Trial = {
  title:
    'a tenant that uses up a concurrency key and a rate limit does not affect another tenant’s keys with the same names',
  async attack(attacker, world) {
    const concurrency = { key: 'acme', limit: 1 };
    const rateLimit = { key: 'acme', limit: 1, per_seconds: 86_400 };
    const running = await attacker.post<SubmittedView>('/v1/jobs', { payload: { seconds: 15 }, concurrency });
    const held = await submitAll(attacker, [{ concurrency }]);
    await attacker.run({ payload: { seconds: 0 }, rate_limit: rateLimit });
    held.push(...(await submitAll(attacker, [{ rate_limit: rateLimit }])));
    for (const { job_id: id } of held) {
      while ((await attacker.get<JobView>(`/v1/jobs/${id}`)).held_by === null);
    }

    const bystander = await world.newTenant();
    const job = { payload: { seconds: 0 }, concurrency, rate_limit: rateLimit };
    expect(await bystander.run(job)).toMatchObject({ status: 'success', attempt: 1 });
    await cancelAll(attacker, [running, ...held]);
  },
};

export const SWEEPS: Trial = {
  title: 'a lost message is resent during another tenant’s backlog',
  async attack(attacker, world) {
    const { cloud } = world;
    const bystander = await world.newTenant();
    const { job_id: lost } = await submitLost(cloud, bystander);
    const job = { payload: { seconds: 15 }, max_attempts: 1 };
    const waiting = [
      ...(await submitAll(attacker, backlog(job).slice(1))),
      await attacker.post<SubmittedView>('/v1/jobs', job),
    ];
    await untilVisible(attacker);
    await sql(cloud, `UPDATE jobs SET wake_at = now() - interval '10 minutes' WHERE job_id = :id::uuid`, {
      id: lost,
    });
    const swept = await invoke(cloud, cloud.output('SweeperFunctionName'));
    expect(swept).toMatchObject({ verdict: 'backlog', sent: 1 });
    await cancelAll(attacker, waiting);
    expect(await bystander.ended(lost)).toMatchObject({ status: 'success', attempt: 1 });
  },
};

/** Submits a job whose message SQS loses. */
async function submitLost(cloud: Cloud, tenant: Tenant): Promise<SubmittedView> {
  const [fault = ''] = await armFaults(cloud, { effect: 'lose', queue: 'QueuesMain' });
  try {
    return await tenant.post<SubmittedView>('/v1/jobs', { payload: { seconds: 0 } });
  } finally {
    await disarmFault(cloud, fault);
  }
}

/** Waits until messages are waiting for a worker. */
async function untilVisible(tenant: Tenant): Promise<void> {
  for (;;) {
    const { queue } = await tenant.get<Schema<'Statistics'>>('/v1/stats');
    if (queue !== null && queue.visible > 0) return;
  }
}

export const WAITS: Trial = {
  title: 'a tenant can wait only for its own jobs, and cannot use up all waits',
  async attack(attacker, world) {
    const notFound = await attacker.call<ProblemView>('GET', `/v1/jobs/${world.victim.jobId}?wait=20`);
    expect(notFound).toMatchObject({ status: 404 });

    const { job_id: id } = await attacker.post<SubmittedView>('/v1/jobs', { delay_seconds: 600 });
    let answered = 0;
    const waits = Array.from({ length: TENANT_MAX_WAITS + 1 }, async () => {
      const answer = await attacker.call<JobView>('GET', `/v1/jobs/${id}?wait=20`);
      answered += 1;
      return answer;
    });
    const refused = await Promise.race(waits);
    expect(refused.headers.get('retry-after')).not.toBeNull();
    const bystander = await world.newTenant();
    const waited = await untilHeld(() =>
      bystander.call<JobView>('POST', '/v1/jobs?wait=20', { payload: { seconds: 0.5 } }),
    );
    expect(waited).toMatchObject({ status: 201, body: { status: 'success' } });
    // At least one of the attacker's requests was still waiting when the bystander got its response.
    expect(answered).toBeLessThan(waits.length);
    await attacker.post(`/v1/jobs/${id}/cancel`);
    await Promise.all(waits);
  },
};
