import { setTimeout as pause } from 'node:timers/promises';
import { sendForm, type UploadView } from '../../helpers/upload.ts';
import type { Tenant } from './tenant.ts';

export interface Scene {
  /** The noisy tenant. */
  readonly tenant: Tenant;
  /** A webhook receiver that does not respond until `answerAll` is called. */
  readonly receiver: { readonly origin: string; answerAll(): void };
}

/** A kind of load, at the maximum level that one tenant can generate. */
export interface Noise {
  readonly title: string;
  /**
   * Starts the noise, and resolves once it has begun. The noise lasts until the signal is aborted.
   *
   * @returns a promise that resolves when the noise has ended
   */
  begin(scene: Scene, signal: AbortSignal): Promise<{ over: Promise<unknown> }>;
}

/**
 * Sends requests at a fixed rate, without waiting for the responses. The rate must leave most of two cores free, because the local processes, unlike
 * Lambda functions, compete for CPU time.
 */
async function repeat(
  perSecond: number,
  signal: AbortSignal,
  request: () => Promise<unknown>,
): Promise<void> {
  const made: Promise<unknown>[] = [];
  while (!signal.aborted) {
    made.push(request());
    await pause(1000 / perSecond, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(made);
}

/**
 * The number of waiting clients: three times the embedded cloud's concurrency limit. If Errand did not limit waits, these clients would use up the
 * concurrency limit and starve the other tenants.
 */
const WAITING_CLIENTS = 30;

const WAITS: Noise = {
  title: 'clients that wait for a job, and retry when told to',
  async begin({ tenant }, signal) {
    const { body } = await tenant.submit({ delay_seconds: 600 });
    const path = `/v1/jobs/${body.job_id}`;
    let answers = 0;
    const refused = Promise.withResolvers<undefined>();
    const wait = async (): Promise<void> => {
      while (!signal.aborted) {
        const { headers } = await tenant.call('GET', `${path}?wait=25`);
        answers += 1;
        if (answers === WAITING_CLIENTS / 2) refused.resolve(undefined);
        const retryAfterMs = Number(headers.get('retry-after')) * 1000;
        await pause(retryAfterMs, undefined, { signal }).catch(() => undefined);
      }
    };
    const waiting = Array.from({ length: WAITING_CLIENTS }, wait);
    await refused.promise;
    const canceled = new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        resolve(tenant.call('POST', `${path}/cancel`));
      });
    });
    return { over: Promise.all([canceled, ...waiting]) };
  },
};

const BACKLOG: Noise = {
  title: 'more jobs than a tenant may have',
  begin({ tenant }, signal) {
    const jobs = Array.from({ length: 20 }, () => ({ payload: { seconds: 0.2 } }));
    const submitting = repeat(5, signal, () => tenant.call('POST', '/v1/jobs/batch', { jobs }));
    return Promise.resolve({ over: submitting });
  },
};

const HUGE_PAYLOADS: Noise = {
  title: 'payloads of 256 KiB',
  begin({ tenant, receiver }, signal) {
    const payload = { url: `${receiver.origin}/`, body: 'x'.repeat(256 * 1024 - 100) };
    const job = { type: 'webhook', payload, delay_seconds: 600 };
    const submitting = repeat(4, signal, async () => {
      const { body } = await tenant.submit(job);
      await tenant.call('POST', `/v1/jobs/${body.job_id}/cancel`);
    });
    return Promise.resolve({ over: submitting });
  },
};

const SLOW_RECEIVERS: Noise = {
  title: 'webhooks whose receiver does not respond',
  async begin({ tenant, receiver }, signal) {
    const job = { type: 'webhook', payload: { url: `${receiver.origin}/` }, max_attempts: 1 };
    // The tenant submits more jobs than its limit allows, so the last submissions are refused.
    for (let sent = 0; sent < 20; sent += 1) await tenant.submit(job);
    const answered = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        receiver.answerAll();
        resolve();
      });
    });
    return { over: answered };
  },
};

const FILE_BYTES = 500_000;

const BLOCKING_HANDLERS: Noise = {
  title: 'files that take long to analyze',
  async begin({ tenant }, signal) {
    const { body: upload } = await tenant.call<UploadView>('POST', '/v1/uploads', { bytes: FILE_BYTES });
    await sendForm(upload, new Blob(['a'.repeat(FILE_BYTES)]));
    // At almost every position in the file, each pattern matches up to its final digits, but never completely.
    const patterns = Array.from({ length: 50 }, (_, number) => `${'a'.repeat(4000)}${number}`);
    const job = { type: 'analyze', payload: { file: upload.file, patterns }, max_attempts: 1 };
    const analyzing = async (): Promise<void> => {
      while (!signal.aborted) {
        await tenant.submit(job);
        await tenant.endedJobs();
      }
    };
    return { over: analyzing() };
  },
};

const REFUSED_SCHEDULES: Noise = {
  title: 'schedules that are refused',
  begin({ tenant }, signal) {
    let number = 0;
    const submitting = repeat(20, signal, () => {
      number += 1;
      const schedule = { cron: '0 9 ? * MON-FRI *', timezone: `Nowhere/${number}` };
      return tenant.call('PUT', '/v1/schedules/none', schedule);
    });
    return Promise.resolve({ over: submitting });
  },
};

/** Every kind of noise that the test covers. */
export const NOISES: readonly Noise[] = [
  WAITS,
  BACKLOG,
  HUGE_PAYLOADS,
  SLOW_RECEIVERS,
  BLOCKING_HANDLERS,
  REFUSED_SCHEDULES,
];
