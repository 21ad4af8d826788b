import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { startReceiver, type Receiver } from '../helpers/webhook-receiver.ts';
import { measure, type Service } from './noise/measure.ts';
import { NOISES, type Noise } from './noise/noises.ts';
import { newTenant, type Tenant } from './noise/tenant.ts';

/** A tenant may have fewer jobs in flight than run at once: this is what keeps workers free for the others. */
const SETTINGS = { AUTH: 'api-key', JOB_PREFETCH: '10', TENANT_MAX_JOBS_IN_FLIGHT: '8', JOB_TIMEOUT: '10' };

let cloud: Cloud;
let receiver: Receiver;
const unanswered: ServerResponse[] = [];
let quiet: Tenant;

beforeAll(async () => {
  receiver = await startReceiver((_request, response) => {
    unanswered.push(response);
  });
  cloud = await startCloud({ ...SETTINGS, WEBHOOK_ALLOWED_HOSTS: `${receiver.origin},example.org` });
  quiet = await newTenant(cloud, 'quiet');
  // Starts the processes of the functions.
  for (let warming = 0; warming < 8; warming += 1) {
    await Promise.all([1, 2, 3].map(() => quiet.submit({ payload: { seconds: 0 } })));
    await quiet.jobsAtRest();
  }
}, 120_000);

afterAll(async () => {
  await cloud.end();
  await receiver.end();
});

async function measureWith(noise: Noise, name: string): Promise<Service> {
  const tenant = await newTenant(cloud, name);
  const silence = new AbortController();
  const { over } = await noise.begin({ tenant, receiver: slowReceiver(name) }, silence.signal);
  try {
    return await measure(quiet);
  } finally {
    silence.abort();
    await over;
    await tenant.jobsAtRest();
  }
}

function slowReceiver(name: string) {
  return {
    url: `${receiver.origin}/${name}`,
    isCalled: Promise.resolve(),
    answerAll() {
      for (const response of unanswered.splice(0)) response.end();
    },
  };
}

describe('a tenant', () => {
  it.each(NOISES.map((noise) => [noise.title, noise] as const))(
    'is served as usual beside %s',
    async (title, noise) => {
      const usual = await measure(quiet);
      const noisy = await measureWith(noise, `noisy-${NOISES.indexOf(noise)}`);
      const again = await measure(quiet);
      process.stderr.write(`${title}: ${JSON.stringify({ usual, noisy, again })}\n`);
      expect(true).toBe(true);
    },
  );
});
