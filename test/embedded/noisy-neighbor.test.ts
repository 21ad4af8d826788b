import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { startReceiver, type Receiver } from '../helpers/webhook-receiver.ts';
import { measure, type Service } from './noise/measure.ts';
import { NOISES, type Noise } from './noise/noises.ts';
import { newTenant, type Tenant } from './noise/tenant.ts';

/** The workers can run more jobs at once than one tenant may have in flight, so some workers stay free for other tenants. */
const SETTINGS = { AUTH: 'api-key', JOB_PREFETCH: '10', TENANT_MAX_JOBS_IN_FLIGHT: '8', JOB_TIMEOUT: '10' };

/**
 * The tolerance in milliseconds. All processes share the machine's cores, so a time measured during noise may be up to twice the time without noise,
 * plus this tolerance. Without tenant limits, all noises would delay the neighbor by seconds, except the schedules that are refused.
 */
const JITTER_MS = 250;

const FOR_LATER = { delay_seconds: 600 };

/**
 * The number of measurements. The best measurement counts, because other programs on the machine may slow down some rounds. A noisy neighbor would
 * slow down every round.
 */
const ROUNDS = 3;

let cloud: Cloud;
let receiver: Receiver;
let quiet: Tenant;
const unanswered: ServerResponse[] = [];

beforeAll(async () => {
  receiver = await startReceiver((_request, response) => {
    unanswered.push(response);
  });
  cloud = await startCloud({ ...SETTINGS, WEBHOOK_ALLOWED_HOSTS: receiver.origin });
  quiet = await newTenant(cloud, 'quiet');
  // These submissions start the functions' processes.
  for (let round = 0; round < 8; round += 1) {
    await Promise.all([1, 2, 3].map(() => quiet.submit({ payload: { seconds: 0 } })));
    await quiet.endedJobs();
  }
}, 120_000);

afterAll(async () => {
  await cloud.end();
  await receiver.end();
});

async function measureBeside(noise: Noise, tenant: Tenant): Promise<Service> {
  const silence = new AbortController();
  const answerAll = (): void => {
    for (const response of unanswered.splice(0)) response.end();
  };
  const scene = { tenant, receiver: { origin: receiver.origin, answerAll } };
  const { over } = await noise.begin(scene, silence.signal);
  try {
    return await measure(quiet);
  } finally {
    silence.abort();
    await over;
    await tenant.endedJobs();
  }
}

const isAtMostTwice = (ms: number, usual: number): boolean => ms <= 2 * usual + JITTER_MS;

describe('a tenant is served as usual', () => {
  it.each(NOISES.map((noise) => [noise.title, noise] as const))('despite %s', async (_title, noise) => {
    const tenant = await newTenant(cloud, `noisy-${NOISES.indexOf(noise)}`);
    const slow: { usual: Service; noisy: Service }[] = [];
    while (slow.length < ROUNDS) {
      const usual = await measure(quiet);
      const noisy = await measureBeside(noise, tenant);
      if (isAtMostTwice(noisy.submit, usual.submit) && isAtMostTwice(noisy.start, usual.start)) return;
      slow.push({ usual, noisy });
    }
    throw new Error(`In each round, the service was more than twice as slow: ${JSON.stringify(slow)}`);
  });
});

describe('500 simultaneous requests with a wait', () => {
  /** Measures the quiet tenant's service while `tenant` sends 500 concurrent reads of a job that does not end. The path may contain `?wait=`. */
  async function measureBesideReads(tenant: Tenant, path: string): Promise<Service> {
    const reads = Array.from({ length: 500 }, () => tenant.call('GET', path));
    const service = await measure(quiet);
    // The waiting requests end when the job ends.
    await tenant.call('POST', `${path.replace(/\?.*/, '')}/cancel`);
    expect(new Set((await Promise.all(reads)).map(({ status }) => status))).toEqual(new Set([200]));
    return service;
  }

  it('delay another tenant’s submissions no more than 500 plain reads do', async () => {
    const tenant = await newTenant(cloud, 'noisy-at-once');
    const slow: { reads: number; waits: number }[] = [];
    while (slow.length < ROUNDS) {
      const [first, second] = [await tenant.submit(FOR_LATER), await tenant.submit(FOR_LATER)];
      const { submit: reads } = await measureBesideReads(tenant, `/v1/jobs/${first.body.job_id}`);
      const { submit: waits } = await measureBesideReads(tenant, `/v1/jobs/${second.body.job_id}?wait=25`);
      if (isAtMostTwice(waits, reads)) return;
      slow.push({ reads, waits });
    }
    throw new Error(`In each round, the waits were more than twice as bad: ${JSON.stringify(slow)}`);
  });
});
